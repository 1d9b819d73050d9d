import { partitionOf } from '@orderflow/messaging';

/** So many keys for each partition, in an order in which the partitions take turns: none waits longer than another. */
export function keysInTurn(partitions: number, each: number): string[] {
  const found = Array.from({ length: partitions }, (): string[] => []);
  for (let n = 0; found.some((keys) => keys.length < each); n += 1) {
    const key = `user-${n}`;
    found[partitionOf(key, partitions)]?.push(key);
  }
  return Array.from({ length: each }, (_, turn) =>
    found.flatMap((keys) => keys.slice(turn, turn + 1)),
  ).flat();
}
