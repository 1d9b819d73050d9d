import type { Check } from './check.ts';
import { runProgram } from './run-program.ts';
import type { TestRun } from './test-run.ts';

const timeoutMs = 1_800_000;

/** A program that says by its exit code whether the sources are in order. */
export function staticCheck(run: TestRun, name: string, args: readonly string[]): Check {
  return {
    name,
    group: 'static',
    async run() {
      const code = await runProgram({ args, timeoutMs, signal: run.signal, env: run.environment });
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  };
}
