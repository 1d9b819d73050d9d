import type { FigureDefinition, Figures } from '../harness/workload.ts';
import { percentile } from '../report/statistics.ts';

const less = { unit: 'ms', better: 'less', digits: 2 } as const;

/** All from the moment at which a message was due, not from the one at which it was sent. */
export const latencyFigures: readonly [FigureDefinition, ...FigureDefinition[]] = [
  { name: 'p99', ...less },
  { name: 'p50', ...less },
  { name: 'p90', ...less },
  { name: 'p99.9', ...less },
  { name: 'max', ...less },
  { name: 'rate', unit: 'effect/s', better: 'more' },
  { name: 'backlog', unit: 'effects', better: 'less' },
];

/**
 * @param latencies in the order in which messages were due, in milliseconds
 * @param rate at which they were due
 */
export function figuresOf(latencies: Float64Array, rate: number): Figures {
  const sorted = latencies.toSorted();
  const endOf = (n: number, latency: number): number => (n * 1_000) / rate + latency;
  const lastDueAt = endOf(latencies.length - 1, 0);
  const ends = latencies.map((latency, n) => endOf(n, latency));
  const lastEnd = ends.reduce((last, end) => Math.max(last, end), 0);
  return {
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p99: percentile(sorted, 0.99),
    'p99.9': percentile(sorted, 0.999),
    max: percentile(sorted, 1),
    rate: (latencies.length / lastEnd) * 1_000,
    // What was due and not there when the last one was due.
    backlog: ends.filter((end) => end > lastDueAt).length,
  };
}
