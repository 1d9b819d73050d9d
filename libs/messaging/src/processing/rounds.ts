/**
 * Splits messages that share a transaction into rounds: round r holds the r-th message of each key. One round after the
 * other keeps the order of each key, whatever handles its messages; within a round no two are of one key, so they may
 * be handled together.
 */
export function roundsOf<T>(messages: readonly T[], keyOf: (message: T) => string): T[][] {
  const rounds: T[][] = [];
  const seen = new Map<string, number>();
  for (const message of messages) {
    const key = keyOf(message);
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    (rounds[round] ??= []).push(message);
  }
  return rounds;
}
