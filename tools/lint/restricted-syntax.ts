/** Constructs that the house rules refuse, for ESLint's `no-restricted-syntax`. */
interface Restriction {
  readonly selector: string;
  readonly message: string;
}

const anywhere: Restriction[] = [
  { selector: 'ExportAllDeclaration', message: 'Name each export: a door shows what goes through it.' },
  {
    selector: 'CallExpression[callee.name="forwardRef"]',
    message: 'forwardRef hides a cycle. Move what both sides need into a third class.',
  },
];

const inSpecs: Restriction[] = [
  {
    selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name="only"]',
    message: 'The tests beside this one do not run.',
  },
  {
    // `(isRoot ? it : it.skip)(...)` says when it runs.
    selector:
      ':not(ConditionalExpression) > MemberExpression[object.name=/^(describe|it|test)$/][property.name="skip"]',
    message: 'A test that does not run proves nothing.',
  },
  {
    selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
    message: 'A test waits for a condition, never for a time: use eventually().',
  },
  {
    selector: 'ImportDeclaration[source.value="node:timers/promises"]',
    message: 'A test waits for a condition, never for a time: use eventually().',
  },
];

export const restrictedSyntax = { anywhere, inSpecs: [...anywhere, ...inSpecs] };
