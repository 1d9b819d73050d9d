import type { SqlExecutor } from '@orderflow/database';

export interface BlockedKeyName {
  consumer: string;
  key: string;
}

/**
 * Whoever changes what is parked for a key takes this first, and rows of messaging.parked after it, so that no two wait
 * for each other. It also waits for transactions that are parking behind this key.
 */
const LOCK = `
  SELECT state FROM messaging.blocked_key WHERE consumer = $1 AND key = $2 FOR UPDATE`;

/** Served by parked_key. */
const SETTLE = `
  WITH head AS (
    SELECT state FROM messaging.parked WHERE consumer = $1 AND key = $2 AND blocks ORDER BY id LIMIT 1
  ), freed AS (
    DELETE FROM messaging.blocked_key WHERE consumer = $1 AND key = $2 AND NOT EXISTS (TABLE head)
  )
  UPDATE messaging.blocked_key
  SET state = CASE (TABLE head) WHEN 'dead' THEN 'blocked' ELSE 'draining' END
  WHERE consumer = $1 AND key = $2 AND EXISTS (TABLE head)`;

/** @returns what the key's state was; undefined when it flows */
export async function lockKey(
  tx: SqlExecutor,
  { consumer, key }: BlockedKeyName,
): Promise<'blocked' | 'draining' | undefined> {
  const [row] = await tx.query<{ state: 'blocked' | 'draining' }>(LOCK, [consumer, key]);
  return row?.state;
}

/**
 * Makes the key's state follow from what is parked for it: nothing, it flows; a dead letter at the head, it is blocked;
 * otherwise it is drained. Call it under the lock: only a statement after the lock sees what was parked while we waited.
 */
export async function settleKey(tx: SqlExecutor, { consumer, key }: BlockedKeyName): Promise<void> {
  await tx.query(SETTLE, [consumer, key]);
}
