import type { SqlExecutor } from '@orderflow/database';

export type KeyState = 'blocked' | 'draining';

export interface BlockedKeyName {
  consumer: string;
  key: string;
}

/**
 * Take this lock before you change what is kept for a key, and rows of messaging.parked after it, so that no two
 * transactions wait for each other. Several keys are locked in one order. It also waits for transactions that append to the key.
 */
const LOCK = `
  SELECT key, state FROM messaging.blocked_key WHERE consumer = $1 AND key = ANY ($2::text[])
  ORDER BY key FOR UPDATE`;

/**
 * The messages of a key that wait for each other, as a condition that only parked_key is good for. With `key = ...` the planner
 * may read another index, or the whole table: where one key has nearly all messages, it takes any other to have as many, and
 * to meet its first one at once.
 *
 * @param parked how the statement names messaging.parked
 */
export const ofKey = (parked: string, consumer: string, key: string): string =>
  `${parked}.consumer = ${consumer} AND ${parked}.key BETWEEN ${key} AND ${key} AND ${parked}.blocks`;

/** Served by parked_key. When a key's oldest message has gone, the next one does not wait for the same dependency. */
export const SETTLE = `
  WITH change AS (
    SELECT * FROM unnest($2::text[], $3::int[]) AS change (key, delta)
  ), head AS (
    SELECT change.key, change.delta, oldest.state FROM change LEFT JOIN LATERAL (
      SELECT state FROM messaging.parked
      WHERE ${ofKey('parked', '$1', 'change.key')} ORDER BY parked.key, id LIMIT (SELECT 1)
    ) AS oldest ON true
  ), freed AS (
    DELETE FROM messaging.blocked_key USING head
    WHERE blocked_key.consumer = $1 AND blocked_key.key = head.key AND head.state IS NULL
  )
  UPDATE messaging.blocked_key SET
    messages = messages + head.delta,
    state = CASE head.state WHEN 'dead' THEN 'blocked' ELSE 'draining' END,
    dependency = CASE WHEN head.delta < 0 THEN '' ELSE dependency END
  FROM head WHERE blocked_key.consumer = $1 AND blocked_key.key = head.key AND head.state IS NOT NULL`;

/** Locks the keys of a consumer. Those that flow have no row, and are not in the answer. */
export async function lockKeys(
  tx: SqlExecutor,
  consumer: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KeyState>> {
  const rows = await tx.query<{ key: string; state: KeyState }>(LOCK, [consumer, [...new Set(keys)]]);
  return new Map(rows.map(({ key, state }) => [key, state]));
}

/** @returns what the key's state was; undefined when it flows */
export async function lockKey(
  tx: SqlExecutor,
  { consumer, key }: BlockedKeyName,
): Promise<KeyState | undefined> {
  return (await lockKeys(tx, consumer, [key])).get(key);
}

/**
 * Makes the state of keys follow from what is kept for them: nothing, the key flows; a dead letter at its head, it is
 * blocked; otherwise it is drained. Call it under the lock: only a statement after the lock sees what was appended while
 * you waited.
 *
 * @param changes by key: by how many the messages that are kept for it, and that it waits for, have changed
 */
export async function settleKeys(
  tx: SqlExecutor,
  consumer: string,
  changes: ReadonlyMap<string, number>,
): Promise<void> {
  if (changes.size === 0) return;
  await tx.query(SETTLE, [consumer, [...changes.keys()], [...changes.values()]]);
}

export async function settleKey(
  tx: SqlExecutor,
  { consumer, key }: BlockedKeyName,
  delta: number,
): Promise<void> {
  await settleKeys(tx, consumer, new Map([[key, delta]]));
}

/** How many of these there are of each key. */
export function countByKey(rows: readonly { readonly key: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
