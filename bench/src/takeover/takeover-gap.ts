import { median } from '../report/statistics.ts';

/** Partitions with an effect. */
export function partitionsIn(firstAt: Float64Array): number[] {
  return [...firstAt.keys()].filter((partition) => !Number.isNaN(firstAt[partition]));
}

/** Whether each of so many partitions had effects in exactly one of the two instances. */
export function isShared(one: readonly number[], other: readonly number[], partitions: number): boolean {
  const both = new Set([...one, ...other]);
  const once = both.size === one.length + other.length;
  return once && both.size === partitions && one.length > 0 && other.length > 0;
}

export interface Takeover {
  /** Partitions of the instance that is gone. */
  readonly lost: readonly number[];
  readonly leftAt: number;
  /** First effects at the one that stays; watched since before the other left. */
  readonly firstAt: Float64Array;
}

/** From the signal to the first effect, in ms: of the partition that waited longest, and of the middle one. */
export function takeoverGap({ lost, leftAt, firstAt }: Takeover): { worst: number; median: number } {
  const gaps = lost.map((partition) => (firstAt[partition] ?? Number.NaN) - leftAt);
  const never = lost.filter((_, index) => Number.isNaN(gaps[index]));
  if (never.length > 0) throw new Error(`partitions ${never.join(', ')} were not taken over`);
  if (gaps.some((gap) => gap < 0)) throw new Error('a partition had moved before its instance was gone');
  return { worst: Math.max(...gaps), median: median(gaps) };
}
