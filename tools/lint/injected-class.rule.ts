import type { Rule, Scope } from 'eslint';

type Node = Parameters<NonNullable<Rule.RuleListener['ImportExpression']>>[0]['source'];

/** The parts of typescript-eslint's tree that this rule reads; `estree` does not know decorators and types. */
interface Decorated {
  readonly decorators?: readonly { readonly expression: Node }[];
}
interface Parameter extends Decorated {
  readonly parameter?: Parameter; // `private readonly store: OrderStore`
  readonly typeAnnotation?: { readonly typeAnnotation: { readonly type: string; readonly typeName?: Node } };
}
interface Method extends Decorated {
  readonly kind: string;
  readonly value: { readonly params: readonly Parameter[] };
  readonly parent: { readonly parent: Decorated };
}

/** Decorators whose parameter's class Nest reads to validate what comes in. */
const validated = new Set(['Body', 'Query', 'Param', 'Payload']);

/**
 * A class that Nest reads from the emitted decorator metadata must be a value import: of `import type` only `Object` is left at
 * run time, so that injection fails, or, worse, validation quietly passes everything.
 */
export const injectedClass: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { typeImport: "Nest needs the class '{{name}}' at run time: import it without 'type'." },
  },
  create(context) {
    return {
      MethodDefinition(node) {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the parser is typescript-eslint's; estree has no type for this
        const method = node as unknown as Method;
        for (const type of typesReadByNest(method)) {
          const name = type.type === 'Identifier' ? type.name : '';
          if (isTypeImport(context.sourceCode.getScope(node), name))
            context.report({ node: type, messageId: 'typeImport', data: { name } });
        }
      },
    };
  },
};

function typesReadByNest(method: Method): Node[] {
  const { params } = method.value;
  const isInjected = method.kind === 'constructor' && (method.parent.parent.decorators?.length ?? 0) > 0;
  const read = params.filter((parameter) => {
    const names = decoratorNames(parameter);
    return isInjected ? !names.includes('Inject') : names.some((name) => validated.has(name));
  });
  return read.flatMap((parameter) => {
    const annotation = (parameter.parameter ?? parameter).typeAnnotation?.typeAnnotation;
    return annotation?.type === 'TSTypeReference' && annotation.typeName ? [annotation.typeName] : [];
  });
}

function decoratorNames({ decorators = [] }: Decorated): string[] {
  return decorators.flatMap(({ expression }) => {
    const callee = expression.type === 'CallExpression' ? expression.callee : expression;
    return callee.type === 'Identifier' ? [callee.name] : [];
  });
}

function isTypeImport(scope: Scope.Scope | null, name: string): boolean {
  for (let current = scope; current; current = current.upper) {
    const definition = current.set.get(name)?.defs[0];
    if (definition)
      return definition.type === 'ImportBinding' && isTypeOnly(definition.node, definition.parent);
  }
  return false;
}

function isTypeOnly(...nodes: unknown[]): boolean {
  return nodes.some(
    (node) => typeof node === 'object' && node !== null && 'importKind' in node && node.importKind === 'type',
  );
}
