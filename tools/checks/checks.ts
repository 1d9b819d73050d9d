import { createRequire } from 'node:module';
import type { Check } from './check.ts';
import { jestCheck } from './jest-check.ts';
import { staticCheck } from './static-check.ts';
import type { TestRun } from './test-run.ts';

const resolve = createRequire(import.meta.url).resolve;
const lintRules = '/tools/lint/';
const integration = String.raw`\.int\.spec\.ts$`;
const endToEnd = '/e2e/';
const conformance = String.raw`\.conformance\.spec\.ts$`;

/** Conformance specs that compare latencies. */
const latencies = String.raw`/(?:fair-share|latency)\.conformance\.spec\.ts$`;

/** Everything, in order: what is quick to fail comes first. Checks of one step run side by side. */
export function allChecks(run: TestRun): Check[][] {
  return [
    [
      staticCheck(run, 'format', [resolve('prettier/bin/prettier.cjs'), '--check', '.']),
      staticCheck(run, 'types', [resolve('typescript/bin/tsc'), '-b']),
      staticCheck(run, 'lint', [
        resolve('eslint/package.json').replace('package.json', 'bin/eslint.js'),
        '.',
      ]),
    ],
    ...jestChecks(run).map((check) => [check]),
  ];
}

function jestChecks(run: TestRun): Check[] {
  return [
    jestCheck(run, {
      name: 'boundaries',
      group: 'static',
      files: [lintRules],
      except: [`${lintRules}fixtures/`],
      workers: 2,
    }),
    jestCheck(run, {
      name: 'unit',
      group: 'unit',
      files: [String.raw`\.spec\.ts$`],
      except: [integration, conformance, endToEnd, lintRules],
      workers: 2,
    }),
    // They wait more than they work.
    jestCheck(run, {
      name: 'integration',
      group: 'integration',
      files: [integration],
      except: [endToEnd, lintRules],
      workers: 4,
    }),
    // Few rounds: `npm run conformance` runs all of them.
    jestCheck(run, {
      name: 'conformance',
      group: 'conformance',
      files: [conformance],
      except: [latencies],
      workers: 2,
    }),
    // They measure, and need the whole machine.
    jestCheck(run, { name: 'latencies', group: 'conformance', files: [latencies], workers: 1 }),
    jestCheck(run, { name: 'e2e', group: 'e2e', files: [`${endToEnd}.*\\.spec\\.ts$`], workers: 2 }),
  ];
}
