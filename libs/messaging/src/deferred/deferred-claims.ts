import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { lockKeys, ofKey, settleKeys } from './blocked-keys.ts';
import type { AttemptRecord, Claim } from '../inbox/claim.ts';

/**
 * Removes the rows that are the oldest ones of their key, and records their messages as handled. A row is left where it is
 * when an earlier one of its key is not among them: it was redriven meanwhile, or is a dead letter. Served by parked_key.
 */
export const TAKE = `
  WITH wanted AS (
    SELECT id, position FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, position)
  ), message AS (
    SELECT wanted.position, parked.id, parked.key, parked.blocks,
      row_number() OVER (PARTITION BY parked.key, parked.blocks ORDER BY parked.id) AS place
    FROM wanted JOIN messaging.parked ON parked.id = wanted.id
    WHERE parked.consumer = $1 AND parked.state = 'waiting'
  ), gone AS (
    DELETE FROM messaging.parked USING message
    WHERE parked.id = message.id AND (NOT message.blocks OR message.place = (
      SELECT count(*) FROM messaging.parked AS earlier
      WHERE ${ofKey('earlier', '$1', 'message.key')} AND earlier.id <= message.id))
    RETURNING message.position, parked.key, parked.blocks, parked.stream, parked.message_id, parked.attempts,
      parked.history
  ), handled AS (
    UPDATE messaging.inbox SET state = 'handled' FROM gone
    WHERE inbox.consumer = $1 AND inbox.stream = gone.stream AND inbox.message_id = gone.message_id
  )
  SELECT position::int, key, blocks, attempts, history FROM gone`;

/** What a claim would find, without any lock. Served by parked_key. */
export const PEEK = `
  SELECT wanted.position::int, parked.attempts, parked.history
  FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, position) JOIN messaging.parked ON parked.id = wanted.id
  WHERE parked.consumer = $1 AND parked.state = 'waiting' AND (NOT parked.blocks OR NOT EXISTS (
    SELECT FROM messaging.parked AS earlier
    WHERE ${ofKey('earlier', '$1', 'parked.key')} AND earlier.id < parked.id))`;

interface FoundRow {
  /** From 1. */
  position: number;
  attempts: number;
  history: AttemptRecord[];
}

interface TakenRow extends FoundRow {
  key: string;
  blocks: boolean;
}

/**
 * Claims messages that come from the database: the effect and the removal of the row commit together. One that is not, or
 * not yet, to be handled is `seen`: its row is still there if it has to wait.
 */
export class DeferredClaims {
  readonly #consumer: string;

  constructor(consumer: string) {
    this.#consumer = consumer;
  }

  /** In order within each key. */
  async claim(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]> {
    await lockKeys(
      tx,
      this.#consumer,
      messages.map((held) => held.key),
    );
    const taken = await tx.query<TakenRow>(TAKE, [this.#consumer, messages.map((held) => held.parkedId)]);
    const changes = new Map<string, number>();
    for (const { key, blocks } of taken) if (blocks) changes.set(key, (changes.get(key) ?? 0) - 1);
    await settleKeys(tx, this.#consumer, changes);
    return claimsOf(messages, taken);
  }

  /** Messages of different keys: each has to be the oldest of its own. */
  async peek(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]> {
    const rows = await tx.query<FoundRow>(PEEK, [this.#consumer, messages.map((held) => held.parkedId)]);
    return claimsOf(messages, rows);
  }
}

function claimsOf(messages: readonly ReceivedMessage[], rows: readonly FoundRow[]): Claim[] {
  const claims = messages.map((): Claim => ({ state: 'seen' }));
  for (const { position, attempts, history } of rows)
    claims[position - 1] = { state: 'new', attempts, history };
  return claims;
}
