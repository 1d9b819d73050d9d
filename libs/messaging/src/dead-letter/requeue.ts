import type { SqlExecutor } from '@orderflow/database';
import { settleKey } from '../deferred/blocked-keys.ts';
import type { LockedRow } from './dead-letter-selection.ts';
import { ORDERED } from '../inbox/inbox.ts';

const REQUEUE = `
  UPDATE messaging.parked SET state = 'waiting', blocks = true, attempts = 0, consumer = $2 WHERE id = $1`;

/** Of a queue group: it waits for itself only, and nothing waits for it. */
const REQUEUE_ALONE = `
  UPDATE messaging.parked SET state = 'waiting', blocks = false, attempts = 0, consumer = $2, partition = $3,
    next_at = clock_timestamp(), dependency = ''
  WHERE id = $1`;

/** Fails on nothing: another consumer's row of the same message wins. */
const REQUEUE_INBOX = `
  UPDATE messaging.inbox SET state = 'parked', consumer = $4
  WHERE consumer = $1 AND stream = $2 AND message_id = $3
    AND ($1 = $4 OR NOT EXISTS (
      SELECT FROM messaging.inbox WHERE consumer = $4 AND stream = $2 AND message_id = $3))
  RETURNING message_id`;

const REMOVE = `DELETE FROM messaging.parked WHERE id = $1`;

const FORGET = `
  DELETE FROM messaging.inbox WHERE consumer = $1 AND stream = $2 AND message_id = $3`;

const DRAIN = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state)
  VALUES ($1, $2, $3, 'draining')
  ON CONFLICT (consumer, key) DO UPDATE SET next_at = clock_timestamp(), dependency = ''`;

/** Lets a dead letter be handled again by the consumer that knows it now, in its place among the parked ones of its key. */
export async function requeue(
  tx: SqlExecutor,
  row: LockedRow,
  target: { consumer: string; partition: number },
): Promise<void> {
  const { consumer, partition } = target;
  const message = [row.consumer, row.stream, row.message_id];
  const requeued = await tx.query(REQUEUE_INBOX, [...message, consumer]);
  if (requeued.length === 0) {
    // A handler that was deployed after it died has got it from the stream: what became of it is recorded there.
    await tx.query(REMOVE, [row.id]);
    await tx.query(FORGET, message);
    return;
  }
  if (consumer !== ORDERED) {
    await tx.query(REQUEUE_ALONE, [row.id, consumer, partition]);
    return;
  }
  await tx.query(DRAIN, [consumer, row.key, partition]);
  await tx.query(REQUEUE, [row.id, consumer]);
  // Another dead letter may still be before it.
  await settleKey(tx, { consumer, key: row.key }, row.blocks ? 0 : 1);
}
