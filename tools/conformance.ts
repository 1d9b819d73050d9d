// npm run conformance: every round of the conformance specs, or of those with NAME in their path.
//   npm run conformance -- [NAME...] [jest options]
import { globSync } from 'node:fs';
import { conformanceArguments } from './jest/conformance-arguments.ts';
import { runJest, workspace } from './jest/run-jest.ts';

const specs = globSync('{apps,libs,e2e}/**/*.conformance.spec.ts', {
  cwd: workspace,
  exclude: ['**/node_modules/**', '**/dist/**', '**/out-spec/**'],
}).sort();

runJest((args) => conformanceArguments(args, specs));
