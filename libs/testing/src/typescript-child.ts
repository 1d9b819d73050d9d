import { fileURLToPath } from 'node:url';

// By way of src, because the compiler does not copy it to dist.
const HOOKS = fileURLToPath(new URL('../src/typescript-hooks.test-support.mjs', import.meta.url));

/**
 * The arguments with which Node.js runs a TypeScript file with decorators as a process of a test: straight from the
 * sources, also those of the workspace's packages, without a build before.
 */
export function typescriptArguments(script: URL): string[] {
  return ['--conditions', '@orderflow/source', '--import', HOOKS, fileURLToPath(script)];
}
