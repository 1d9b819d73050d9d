import { TEST_PATIENCE_MS } from './libs/testing/src/patience.ts';

/** One configuration for every project; `tools/jest.mjs` starts Jest with the flags that ESM needs. */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/e2e', '<rootDir>/tools', '<rootDir>/bench'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['/dist/', '/out-spec/', '/out-tsc/', '/tools/lint/fixtures/'],
  testEnvironment: 'node',
  // A hung test must fail, a busy machine must not.
  testTimeout: TEST_PATIENCE_MS,
  globalSetup: '<rootDir>/libs/testing/src/jest-global-setup.ts',
  globalTeardown: '<rootDir>/libs/testing/src/jest-global-teardown.ts',
  testEnvironmentOptions: { customExportConditions: ['@orderflow/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
