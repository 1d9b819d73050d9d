import type { SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';
import type { ParkedRow } from '../deferred/parked-row.ts';
import { lockKeys } from '../deferred/blocked-keys.ts';
import { type DeadLetterRange, deadLetterRange } from './dead-letter-range.ts';

/** Which dead letters are meant, and how many somebody has looked at; `throughId` is the last of those. */
export interface Selection extends Omit<DeadLetterRange, 'after'> {
  /** Undefined: whatever there is, but at least one. */
  expected?: number | undefined;
}

/** One transaction holds the locks of all of their keys. */
export const MAX_SELECTED = 1_000;

/** As many as there may be, and one more. */
export function selectionOf(selection: Selection): { text: string; values: readonly unknown[] } {
  const { where, order, values } = deadLetterRange(selection);
  const text = `
    SELECT id FROM messaging.parked WHERE ${where}
    ORDER BY ${order} LIMIT (SELECT $${String(values.length + 1)}::int)`;
  return { text, values: [...values, MAX_SELECTED + 1] };
}

const SEEN = `
  SELECT DISTINCT consumer, key FROM messaging.parked WHERE id = ANY ($1::bigint[]) ORDER BY consumer, key`;

/** Without the bodies, which may be large. */
const LOCK = `
  SELECT id, consumer, key, message_id, stream, stream_seq, subject, headers, state, blocks
  FROM messaging.parked WHERE id = ANY ($1::bigint[]) AND state = 'dead' ORDER BY id FOR UPDATE`;

/** What is needed to decide on a dead letter. */
export type LockedRow = Pick<
  ParkedRow,
  | 'id'
  | 'consumer'
  | 'key'
  | 'message_id'
  | 'stream'
  | 'stream_seq'
  | 'subject'
  | 'headers'
  | 'state'
  | 'blocks'
>;

/** The dead letters of these ids, locked with their keys; those that are no longer dead are left out. */
export async function lockDeadLetters(tx: SqlExecutor, ids: readonly number[]): Promise<LockedRow[]> {
  const rows = await tx.query<{ consumer: string; key: string }>(SEEN, [ids]);
  for (const [consumer, ofConsumer] of Map.groupBy(rows, (row) => row.consumer)) {
    await lockKeys(
      tx,
      consumer,
      ofConsumer.map(({ key }) => key),
    );
  }
  return await tx.query<LockedRow>(LOCK, [ids]);
}

/** @throws MessagingError `COUNT_DIFFERS` when there are more or fewer than expected, `NOT_FOUND` when there is none */
export async function selectDeadLetters(tx: SqlExecutor, selection: Selection): Promise<LockedRow[]> {
  const { expected } = selection;
  const { text, values } = selectionOf(selection);
  const found = await tx.query<{ id: number }>(text, values);
  const rows = await lockDeadLetters(
    tx,
    found.slice(0, MAX_SELECTED).map((row) => row.id),
  );
  if (expected === undefined && rows.length === 0) throw nothingFound();
  const count = found.length > MAX_SELECTED ? found.length : rows.length;
  if (count > MAX_SELECTED || (expected !== undefined && count !== expected)) throw differs(count, expected);
  return rows;
}

function nothingFound(): MessagingError {
  return new MessagingError('NOT_FOUND', 'There is no such dead letter.', {
    remedy: 'List the dead letters: they may have been redriven or discarded.',
  });
}

function differs(count: number, expected: number | undefined): MessagingError {
  if (count > MAX_SELECTED) {
    return new MessagingError('COUNT_DIFFERS', `More than ${String(MAX_SELECTED)} dead letters match.`, {
      remedy: 'Nothing was changed. Narrow the filter, or name the last id that is meant.',
    });
  }
  const what = `${String(count)} dead letters match, not ${String(expected)}.`;
  return new MessagingError('COUNT_DIFFERS', what, {
    remedy: 'Nothing was changed. List them again, then say how many there are.',
  });
}
