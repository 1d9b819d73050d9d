import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Check, CheckGroup } from './check.ts';
import { countJestReport } from './jest-report.ts';
import { endLeft, leftRunning } from './left-running.ts';
import { runProgram } from './run-program.ts';
import type { TestRun } from './test-run.ts';

/** Ends a suite that hangs outside of its tests, which have time limits of their own. A busy machine needs several times as long. */
const timeoutMs = 3_600_000;

export interface JestSuite {
  name: string;
  group: CheckGroup;
  /** Regular expressions on paths. */
  files: readonly string[];
  except?: readonly string[];
  /** How many files run at a time. */
  workers: number;
}

/** A Jest run. A process that it leaves behind is a failure of its own, and is ended. */
export function jestCheck(run: TestRun, suite: JestSuite): Check {
  return {
    name: suite.name,
    group: suite.group,
    async run() {
      const folder = await mkdtemp(path.join(tmpdir(), 'orderflow-jest-'));
      const outputFile = path.join(folder, 'report.json');
      try {
        const args = ['tools/jest.mjs', ...jestArguments(suite), '--json', `--outputFile=${outputFile}`];
        const code = await runProgram({ args, timeoutMs, signal: run.signal, env: run.environment });
        const { passed, failed } = countJestReport(await readReport(outputFile), code);
        return { passed, failed: failed + endWhatIsLeft(run) };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function jestArguments({ files, except = [], workers }: JestSuite): string[] {
  return [
    ...files.flatMap((pattern) => ['--testPathPatterns', pattern]),
    ...['/node_modules/', ...except].flatMap((pattern) => ['--testPathIgnorePatterns', pattern]),
    workers === 1 ? '--runInBand' : `--maxWorkers=${workers}`,
  ];
}

async function readReport(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined; // Jest did not get so far: the count makes a failure of it.
  }
}

/** @returns how many failures that makes */
function endWhatIsLeft(run: TestRun): number {
  const left = leftRunning(run.id);
  if (left.length === 0) return 0;
  console.error(`left running by the tests, and ended now:`);
  for (const { pid, command } of left) console.error(`  ${pid}  ${command}`);
  endLeft(left);
  return 1;
}
