import { machineFacts } from '../report/machine.ts';
import type { Progress } from '../report/progress.ts';
import type { ServerSet } from '../servers/server-set.ts';
import { contestantResults, goalResults, type TurnRecord } from './contestant-result.ts';
import { orderOfRound } from './round-order.ts';
import { takeTurn } from './take-turn.ts';
import type { Workload, WorkloadResult } from './workload.ts';

export interface RunSettings {
  readonly servers: ServerSet;
  readonly rounds: number;
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly profileTo?: string | undefined;
}

/** Runs every contestant once a round. One that fails is out, with its reason in the result; the others go on. */
export async function runWorkload(workload: Workload, settings: RunSettings): Promise<WorkloadResult> {
  const { servers, rounds, quick, progress } = settings;
  const records = workload.contestants.map((contestant): TurnRecord => {
    const missing = servers.missing(contestant.servers);
    return { contestant, rounds: [], ...(missing === undefined ? {} : { missing }) };
  });
  progress.begin(workload, rounds);
  for (let round = 0; round < rounds; round += 1) {
    for (const record of orderOfRound(records, round)) {
      if (record.missing === undefined) await oneTurn(workload, record, { ...settings, round });
    }
  }
  progress.end();
  const contestants = contestantResults(workload, records);
  return {
    workload: workload.name,
    title: workload.title,
    figures: workload.figures,
    quick,
    rounds,
    measuredAt: new Date().toISOString(),
    machine: machineFacts(servers.versions),
    contestants,
    goals: goalResults(workload, contestants),
  };
}

async function oneTurn(
  workload: Workload,
  record: TurnRecord,
  settings: RunSettings & { round: number },
): Promise<void> {
  const { servers, round, progress, signal } = settings;
  const { contestant } = record;
  const turn = { round, position: workload.contestants.indexOf(contestant), contestant: contestant.name };
  progress.turn(turn);
  try {
    signal.throwIfAborted();
    const id = `r${round}c${turn.position}`;
    const addresses = await servers.only(contestant.servers, `${workload.name}_${id}`);
    const figures = await takeTurn(contestant, { ...settings, addresses, id });
    record.rounds.push(figures);
    progress.figures(turn, figures);
  } catch (error) {
    signal.throwIfAborted();
    record.missing = `failed: ${String(error)}`;
    progress.failed(turn, error);
  }
}
