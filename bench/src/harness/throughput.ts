import type { FigureDefinition, Figures, Turn } from './workload.ts';
import type { Done, Run } from '../part/protocol.ts';
import type { PartHandle } from '../part/part-handle.ts';

/** What `throughput` gives. CPU time is that of the contestant's own processes, without the server's. */
export const throughputFigures = (unit: string): readonly [FigureDefinition, FigureDefinition] => [
  { name: 'rate', unit: `${unit}/s`, better: 'more' },
  { name: 'client CPU', unit: `us/${unit}`, better: 'less', digits: 1 },
];

export interface ThroughputPlan {
  readonly module: URL;
  /** Of each process, which is also told its number as `process`. */
  readonly options: object;
  /** Default 1. */
  readonly processes?: number;
  /** Instead of the turn's times: so many things in each process. */
  readonly warmUp?: Run;
  readonly measured?: Run;
}

/** Starts the processes, lets them warm up, and has all of them work at the same time. */
export async function throughput(turn: Turn, plan: ThroughputPlan): Promise<Figures> {
  const { module, options, processes = 1 } = plan;
  const numbers = Array.from({ length: processes }, (_, index) => index);
  const parts = await Promise.all(
    numbers.map((process) => turn.startPart(module, { ...options, process, processes })),
  );
  await goTogether(parts, plan.warmUp ?? { ms: turn.warmUpMs });
  return figuresOf(await goTogether(parts, plan.measured ?? { ms: turn.measuredMs }));
}

export const goTogether = (parts: readonly PartHandle[], run: Run): Promise<Done[]> =>
  Promise.all(parts.map((part) => part.go(run)));

/** Of parts that began together. */
export function figuresOf(done: readonly Done[]): Figures {
  const count = done.reduce((sum, part) => sum + part.count, 0);
  const cpuMs = done.reduce((sum, part) => sum + (part.cpuMs ?? 0), 0);
  // They begin together: the slowest one's time is that of all.
  const ms = Math.max(...done.map((part) => part.ms));
  return { rate: (count / ms) * 1_000, 'client CPU': (cpuMs / count) * 1_000 };
}
