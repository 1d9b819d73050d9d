import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchArguments } from './arguments.ts';
import { runWorkload } from './harness/run-workload.ts';
import type { WorkloadResult } from './harness/workload.ts';
import { Progress } from './report/progress.ts';
import { writeResult } from './report/result-file.ts';
import { workloadTable } from './report/workload-table.ts';
import { ServerSet } from './servers/server-set.ts';
import { chosenWorkloads, withContestants } from './workloads.ts';

/** The project's folder, seen from `dist`. */
const home = path.resolve(import.meta.dirname, '..');

export interface Bench {
  readonly results: readonly WorkloadResult[];
  /** Whether every contestant that was there went through. Goals are for people to judge. */
  readonly complete: boolean;
}

/** Runs the workloads one after the other; `say` gets each table as it is there. Leaves no server and no file behind. */
export async function runBench(
  options: BenchArguments,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Bench> {
  const chosen = chosenWorkloads(options.only);
  const servers = new ServerSet(await mkdtemp(path.join(tmpdir(), 'orderflow-bench-')));
  const profileTo = options.profile ? path.join(home, 'profiles') : undefined;
  const results: WorkloadResult[] = [];
  try {
    for (const whole of chosen) {
      const workload = withContestants(whole, options.contestants);
      const settings = {
        servers,
        signal,
        progress: new Progress(),
        ...(profileTo !== undefined && { profileTo: path.join(profileTo, whole.name) }),
      };
      const { rounds, quick } = options;
      const result = await runWorkload(workload, { ...settings, rounds, quick });
      results.push(result);
      for (const line of workloadTable(result)) say(line);
      // A part of the contestants is no record of the workload.
      if (options.contestants.length > 0) continue;
      const files = await writeResult(path.join(home, 'results'), result, whole.plots?.(result) ?? {});
      say(`written: ${files.map((file) => path.relative(path.dirname(home), file)).join(', ')}`);
    }
  } finally {
    await servers.stop();
  }
  const complete = results.every(({ contestants }) =>
    contestants.every(({ missing }) => missing?.startsWith('failed') !== true),
  );
  return { results, complete };
}
