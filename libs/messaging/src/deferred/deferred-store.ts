import { ofKey } from './blocked-keys.ts';
import type { SqlDatabase } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { lockKeys, settleKeys } from './blocked-keys.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { messageOfRow, type WholeRow } from './parked-row.ts';

/** What may be handled now, by consumer and by what it waits for. */
export interface Scope {
  readonly consumer: string;
  /** Empty: nothing but its time. */
  readonly dependency: string;
  /** Keys or messages at most. One, to find out whether the dependency is back. */
  readonly most: number;
}

export interface Search {
  readonly partitions: readonly number[];
  readonly scopes: readonly Scope[];
  readonly limit: number;
}

export interface Room {
  /** Messages of one key at most. */
  readonly perKey: number;
  readonly bytes: number;
}

/** The oldest messages of a key. */
export interface Run {
  readonly key: string;
  readonly partition: number;
  /** None: the key flows, or has to wait. */
  readonly messages: readonly ReceivedMessage[];
  /** Messages of the key that were in the database when it was read, those that have to wait included. */
  readonly stored: number;
}

interface KeyRow {
  readonly of: string;
  readonly owner: number;
  readonly stored: number;
  /** Of a message; null when there is none to be handled now. */
  readonly id: number | null;
}

/** A key's messages that are read at once have this many bytes at most, or are one. */
const RUN_BYTES = 1_048_576;

const SCOPES = `unnest($1::int[]) AS owned (partition),
    unnest($2::text[], $3::text[], $4::int[]) AS scope (consumer, dependency, most)`;

/**
 * Served by blocked_key_due: one look into the index for each partition and scope, whatever waits there. Each of them has its
 * turn: a partition that was just taken does not wait until older ones have worked off what has been due for longer.
 */
export const DUE_KEYS = `
  SELECT due.key FROM ${SCOPES}, LATERAL (
    SELECT key, next_at, row_number() OVER (ORDER BY next_at) AS turn FROM messaging.blocked_key
    WHERE blocked_key.partition = owned.partition AND blocked_key.consumer = scope.consumer
      AND blocked_key.dependency = scope.dependency AND state = 'draining' AND next_at <= statement_timestamp()
    ORDER BY next_at LIMIT least(scope.most, $5)
  ) AS due
  ORDER BY due.turn, due.next_at LIMIT $5`;

/** The messages of queue groups. Served by parked_due. */
export const DUE_MESSAGES = `
  SELECT due.id FROM ${SCOPES}, LATERAL (
    SELECT id, next_at, row_number() OVER (ORDER BY next_at) AS turn FROM messaging.parked
    WHERE parked.partition = owned.partition AND parked.consumer = scope.consumer
      AND parked.dependency = scope.dependency AND next_at <= statement_timestamp()
    ORDER BY next_at LIMIT least(scope.most, $5)
  ) AS due
  ORDER BY due.turn, due.next_at LIMIT $5`;

/**
 * A row without a message for a key that has nothing to handle now. Served by parked_key and the primary keys. The length of a
 * body is known without reading it. OFFSET 0, and a limit that the planner does not know, leave it no choice: without
 * statistics, as in the minute after a pile-up, it would read all that waits for each run.
 */
export const LOAD_KEYS = `
  WITH key AS (
    SELECT wanted.place, found.* FROM unnest($2::text[]) WITH ORDINALITY AS wanted (key, place), LATERAL (
      SELECT key, partition, messages, state, next_at FROM messaging.blocked_key
      WHERE blocked_key.consumer = $1 AND blocked_key.key = wanted.key
      OFFSET 0
    ) AS found
  ), message AS (
    SELECT key.place, oldest.id, oldest.bytes,
      sum(oldest.bytes) OVER (PARTITION BY key.place ORDER BY oldest.id) AS of_key,
      sum(oldest.bytes) OVER (ORDER BY key.place, oldest.id) AS of_all,
      bool_or(oldest.state = 'dead') OVER (PARTITION BY key.place ORDER BY oldest.id) AS ends
    FROM key, LATERAL (
      SELECT id, state, octet_length(payload) AS bytes FROM messaging.parked
      WHERE ${ofKey('parked', '$1', 'key.key')} ORDER BY parked.key, id LIMIT (SELECT $3::int)
    ) AS oldest
    WHERE key.state = 'draining' AND key.next_at <= statement_timestamp()
  ), taken AS (
    SELECT place, id FROM message
    WHERE NOT ends AND (of_key - bytes = 0 OR of_key <= ${String(RUN_BYTES)}) AND of_all - bytes < $4
  )
  SELECT parked.*, key.key AS of, key.partition AS owner, key.messages AS stored
  FROM key LEFT JOIN taken USING (place) LEFT JOIN LATERAL (
    SELECT * FROM messaging.parked WHERE parked.id = taken.id OFFSET 0
  ) AS parked ON true
  ORDER BY key.place, parked.id`;

export const LOAD_MESSAGES = `
  SELECT parked.* FROM (
    SELECT id, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS before
    FROM messaging.parked WHERE id = ANY ($1::bigint[]) AND next_at <= statement_timestamp()
  ) AS wanted, LATERAL (
    SELECT * FROM messaging.parked WHERE parked.id = wanted.id OFFSET 0
  ) AS parked
  WHERE wanted.before < $2`;

/** Messages whose dependency is forgotten at once, so that no statement lasts long. */
const FORGOTTEN_AT_ONCE = 5_000;

interface Waiting {
  readonly table: string;
  readonly condition: string;
  readonly id: string;
}

const WAITING: readonly Waiting[] = [
  { table: 'blocked_key', condition: `state = 'draining'`, id: 'consumer, key' },
  { table: 'parked', condition: 'next_at IS NOT NULL', id: 'id' },
];

/**
 * What is left of a handler that named a dependency which no handler of this version names. Served by blocked_key_due and
 * parked_due: goes from one consumer and dependency of a partition to the next, whatever waits for them.
 */
export const FORGET_DEPENDENCIES = WAITING.map(
  ({ table, condition, id }) => `
  WITH RECURSIVE found AS (
    SELECT first.* FROM unnest($1::int[]) AS owned (partition), LATERAL (
      SELECT partition, consumer, dependency FROM messaging.${table} AS waiting
      WHERE ${condition} AND waiting.partition = owned.partition
      ORDER BY partition, consumer, dependency, next_at LIMIT (SELECT 1)
    ) AS first
    UNION ALL
    SELECT next.* FROM found, LATERAL (
      SELECT partition, consumer, dependency FROM messaging.${table} AS waiting
      WHERE ${condition} AND waiting.partition = found.partition
        AND (waiting.consumer, waiting.dependency) > (found.consumer, found.dependency)
      ORDER BY partition, consumer, dependency, next_at LIMIT (SELECT 1)
    ) AS next
  ), forgotten AS (
    SELECT old.* FROM found, LATERAL (
      SELECT ${id} FROM messaging.${table} AS waiting
      WHERE ${condition} AND waiting.partition = found.partition AND waiting.consumer = found.consumer
        AND waiting.dependency = found.dependency
      ORDER BY waiting.partition, waiting.consumer, waiting.dependency, next_at
      LIMIT (SELECT ${String(FORGOTTEN_AT_ONCE)})
    ) AS old
    WHERE found.dependency <> '' AND found.dependency <> ALL ($2::text[])
  ), changed AS (
    UPDATE messaging.${table} SET dependency = '' WHERE (${id}) IN (SELECT ${id} FROM forgotten) RETURNING 1
  )
  SELECT count(*)::int AS count FROM changed`,
);

/** What waits in the database, for the owner of its partition. */
export class DeferredStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** Keys whose oldest message may be handled now: of each partition and scope in turn, longest due first. */
  async dueKeys(search: Search): Promise<string[]> {
    const rows = await this.#database.query<{ key: string }>(DUE_KEYS, valuesOf(search));
    return rows.map(({ key }) => key);
  }

  /** Messages of queue groups that may be handled now, as `dueKeys`. */
  async dueMessages(search: Search): Promise<number[]> {
    const rows = await this.#database.query<{ id: number }>(DUE_MESSAGES, valuesOf(search));
    return rows.map(({ id }) => id);
  }

  /**
   * The oldest messages of keys that are due.
   *
   * @returns runs: one for each key, if it has nothing to handle as well; but when the room was full, only those that were read
   */
  async loadKeys(keys: readonly string[], room: Room): Promise<{ runs: Run[]; isFull: boolean }> {
    const values = [ORDERED, keys, room.perKey, room.bytes];
    const rows = await this.#database.query<KeyRow | (KeyRow & WholeRow)>(LOAD_KEYS, values);
    const isFull = rows.filter(hasMessage).reduce((sum, row) => sum + row.payload.length, 0) >= room.bytes;
    const byKey = Map.groupBy(rows, (row) => row.of);
    const runs = keys.map((key) => runOf(key, byKey.get(key) ?? []));
    return { runs: isFull ? runs.filter(({ messages }) => messages.length > 0) : runs, isFull };
  }

  async loadMessages(ids: readonly number[], room: { bytes: number }): Promise<ReceivedMessage[]> {
    const rows = await this.#database.query<WholeRow & { partition: number }>(LOAD_MESSAGES, [
      ids,
      room.bytes,
    ]);
    return rows.map((row) => messageOfRow(row, row.partition));
  }

  /** A key without anything to handle must not stay among the due ones. */
  async settle(keys: readonly string[]): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await lockKeys(tx, ORDERED, keys);
      await settleKeys(tx, ORDERED, new Map(keys.map((key) => [key, 0])));
    });
  }

  /**
   * For partitions that were taken: those who had them before may have been of another version.
   *
   * @returns whether nothing is left to be forgotten
   */
  async forgetDependencies(partitions: readonly number[], known: readonly string[]): Promise<boolean> {
    let isDone = true;
    for (const statement of FORGET_DEPENDENCIES) {
      const [row] = await this.#database.query<{ count: number }>(statement, [partitions, known]);
      if ((row?.count ?? 0) >= FORGOTTEN_AT_ONCE) isDone = false;
    }
    return isDone;
  }
}

function hasMessage(row: KeyRow | (KeyRow & WholeRow)): row is KeyRow & WholeRow {
  return row.id !== null;
}

function runOf(key: string, rows: readonly (KeyRow | (KeyRow & WholeRow))[]): Run {
  const { owner: partition = -1, stored = 0 } = rows[0] ?? {};
  return {
    key,
    partition,
    stored,
    messages: rows.filter(hasMessage).map((row) => messageOfRow(row, partition)),
  };
}

function valuesOf({ partitions, scopes, limit }: Search): unknown[] {
  return [
    partitions,
    scopes.map((scope) => scope.consumer),
    scopes.map((scope) => scope.dependency),
    scopes.map((scope) => scope.most),
    limit,
  ];
}
