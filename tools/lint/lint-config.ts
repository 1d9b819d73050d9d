import js from '@eslint/js';
import type { Linter } from 'eslint';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { orderflow } from './plugin.ts';
import { restrictedSyntax } from './restricted-syntax.ts';

const specs = ['**/*.spec.ts', '**/*.test-support.ts', 'e2e/**/*.ts'];
const nodeGlobals = Object.getOwnPropertyNames(globalThis);

/** The lint set-up for a workspace in `root`: this one, or the small one of fixtures that each rule must refuse. */
export function configFor(root: string): Linter.Config[] {
  return [
    {
      name: 'ignored',
      ignores: [
        '**/dist/',
        '**/out-spec/',
        '**/out-tsc/',
        '.nx/',
        '.orderflow/',
        'coverage/',
        'tools/lint/fixtures/',
      ],
    },
    { name: 'recommended', ...js.configs.recommended },
    ...tseslint.configs.strictTypeChecked.map((part) => ({ ...part, files: ['**/*.ts'] })),
    {
      name: 'parsing',
      files: ['**/*.ts'],
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    },
    {
      name: 'scripts',
      files: ['**/*.mjs'],
      languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) },
    },
    {
      name: 'plugins',
      plugins: { orderflow, 'import-x': importX },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      settings: { workspaceRoot: root },
    },
    tuning,
    ...houseRules,
  ];
}

/** Rules of the presets, eased where they refuse what is right here. */
const tuning: Linter.Config = {
  name: 'tuning',
  files: ['**/*.ts'],
  rules: {
    // TypeScript itself sees to these.
    'no-undef': 'off',
    'no-fallthrough': 'off',
    // `swallowed-error` sees to the empty catch, and accepts a reason.
    'no-empty': ['error', { allowEmptyCatch: true }],
    // A Nest module is an empty class with a decorator.
    '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    // `async` without `await` turns a synchronous throw into a rejection, which callers of a promise expect.
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    '@typescript-eslint/no-confusing-void-expression': [
      'error',
      { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
    ],
    '@typescript-eslint/no-unnecessary-condition': [
      'error',
      { allowConstantLoopConditions: 'only-allowed-literals' },
    ],
    // It refuses `Promise.withResolvers<void>()` as well.
    '@typescript-eslint/no-invalid-void-type': 'off',
    '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    // Classes are shapes here: an event is written as a literal and checked when it is published.
    '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    '@typescript-eslint/no-misused-spread': 'off',
    // A constructor that only narrows its parent's parameters is not useless: it documents and requires them.
    '@typescript-eslint/no-useless-constructor': 'off',
  },
};

/** What the house rules ask for. Each has a fixture that must fail: `lint-rules.spec.ts`. */
const houseRules: Linter.Config[] = [
  {
    name: 'house/everywhere',
    rules: {
      'orderflow/boundary': 'error',
      'orderflow/file-name': 'error',
      'orderflow/import-cycle': 'error',
      'orderflow/layer': 'error',
      'orderflow/swallowed-error': 'error',
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-depth': ['error', 4],
      // A `switch` counts once: an exhaustive table of states is long, not complex.
      complexity: ['error', { max: 12, variant: 'modified' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...restrictedSyntax.anywhere],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only config.ts reads the environment: inject the value.',
        },
      ],
      'no-restricted-imports': [
        'error',
        ...['process', 'node:process'].map((name) => ({
          name,
          importNames: ['env', 'default'],
          message: 'Only config.ts reads the environment, as process.env.',
        })),
      ],
    },
  },
  {
    name: 'house/typescript',
    files: ['**/*.ts'],
    rules: {
      'orderflow/injected-class': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      // An empty text may mean that there is none; 0 may not.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { requireDefaultForNonUnion: true, considerDefaultExhaustiveForUnions: false },
      ],
    },
  },
  {
    name: 'house/specs',
    files: specs,
    rules: {
      'no-restricted-syntax': ['error', ...restrictedSyntax.inSpecs],
      // describe() holds a whole table of cases.
      'max-lines-per-function': 'off',
      // What an answer of the outside looks like is what the test asserts next.
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    name: 'house/environment-readers',
    files: [
      ...specs,
      '**/{config,read-config}.ts',
      'libs/{testing,embedded}/**',
      'tools/**',
      'bench/**',
      '*.mjs',
    ],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  {
    name: 'house/speakers',
    files: ['tools/**', 'e2e/**'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'house/configurations',
    files: ['*.config.mjs', 'libs/testing/src/jest-global-*.ts'],
    rules: { 'import-x/no-default-export': 'off', 'max-lines-per-function': 'off' },
  },
];
