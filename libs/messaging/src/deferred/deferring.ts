import {
  GroupCommit,
  type ItemOutcome,
  type SqlDatabase,
  type SqlExecutor,
  type Transaction,
} from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { countByKey, settleKeys } from './blocked-keys.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import { NO_WAIT, storeMessages, type StoredMessage, type Wait } from './stored-messages.ts';

/** What is to be moved to the database, of one key or of one message of a queue group. */
export interface Move {
  readonly key: string;
  readonly partition: number;
  readonly leases: readonly Lease[];
  /** In order; those that come from a stream. They follow what the database has of the key. */
  readonly messages: readonly ReceivedMessage[];
  /** The row of a message of a queue group that is in the database already. */
  readonly parkedId?: number | undefined;
  /** How long the first message of the key has to wait; undefined leaves it as it is. */
  readonly wait: Wait | undefined;
}

/** The rows of messages that were written, by message. Those that are missing were recorded before. */
export type MovedRows = ReadonlyMap<ReceivedMessage, number>;

/** Of moves that wait: bounded by what the windows of all partitions hold. */
const LIMITS = { maxWaiting: 65_536, maxWaitMs: 30_000 };

/** $4 null: the key goes on waiting as it does; a new one is due. Locks the keys in one order. */
const WAIT_FOR_KEYS = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state, next_at, dependency)
  SELECT $1, key, partition, 'draining',
    coalesce(clock_timestamp() + make_interval(secs => delay_ms / 1000), 'epoch'), coalesce(dependency, '')
  FROM unnest($2::text[], $3::int[], $4::float8[], $5::text[]) AS lane (key, partition, delay_ms, dependency)
  ORDER BY key
  ON CONFLICT (consumer, key) DO UPDATE SET
    next_at = greatest(blocked_key.next_at, excluded.next_at),
    dependency = CASE WHEN excluded.dependency = '' THEN blocked_key.dependency ELSE excluded.dependency END`;

const POSTPONE_ROWS = `
  UPDATE messaging.parked
  SET next_at = clock_timestamp() + make_interval(secs => wait.delay_ms / 1000), dependency = wait.dependency
  FROM unnest($1::bigint[], $2::float8[], $3::text[]) AS wait (id, delay_ms, dependency)
  WHERE parked.id = wait.id AND next_at IS NOT NULL`;

/**
 * Moves what waits from memory to the database, the lanes of many keys in one transaction of four statements. What it
 * has moved may be acknowledged: its stream need not keep it any longer.
 */
export class Deferring {
  readonly #consumer: string;
  readonly #group: { readonly partitionOf: (key: string) => number } | undefined;
  readonly #moves: GroupCommit<Move, MovedRows>;

  /** @param group of a queue group: how partitions are assigned to those who handle what waits */
  constructor(
    database: SqlDatabase,
    consumer: string,
    group: { readonly partitionOf: (key: string) => number } | undefined,
  ) {
    this.#consumer = consumer;
    this.#group = group;
    this.#moves = new GroupCommit(database, (tx, moves) => this.#moveAll(tx, moves), LIMITS);
  }

  /** Resolves after the COMMIT. Rejects on OwnershipLost, and as `Database.transaction` does: then nothing was moved. */
  async move(move: Move): Promise<MovedRows> {
    return await this.#moves.submit(move);
  }

  async #moveAll(tx: Transaction, moves: readonly Move[]): Promise<ItemOutcome<MovedRows>[]> {
    await assertLeases(tx, leasesOfAll(moves));
    const stored = await (this.#group === undefined
      ? this.#moveLanes(tx, moves)
      : this.#moveAlone(tx, moves, this.#group.partitionOf));
    const idOf = new Map(stored.map(({ id, stream, message_id }) => [`${stream} ${message_id}`, id]));
    return moves.map(({ messages }) => {
      const rows = new Map<ReceivedMessage, number>();
      for (const held of messages) {
        const id = idOf.get(`${held.stream} ${held.messageId}`);
        if (id !== undefined) rows.set(held, id);
      }
      return { kind: 'done', result: rows };
    });
  }

  async #moveLanes(tx: SqlExecutor, moves: readonly Move[]): Promise<StoredMessage[]> {
    await tx.query(WAIT_FOR_KEYS, [
      this.#consumer,
      moves.map(({ key }) => key),
      moves.map(({ partition }) => partition),
      moves.map(({ wait }) => wait?.delayMs ?? null),
      moves.map(({ wait }) => wait?.dependency ?? null),
    ]);
    const messages = moves.flatMap((move) => move.messages);
    const stored = await storeMessages(tx, { consumer: this.#consumer, messages, how: 'moved' });
    const counts = countByKey(stored);
    // All of a key's messages may have been handled or parked elsewhere: then it must not stay blocked.
    await settleKeys(
      tx,
      this.#consumer,
      new Map(moves.map(({ key }): [string, number] => [key, counts.get(key) ?? 0])),
    );
    return stored;
  }

  async #moveAlone(
    tx: SqlExecutor,
    moves: readonly Move[],
    partitionOf: (key: string) => number,
  ): Promise<StoredMessage[]> {
    const rows = moves.filter((move) => move.parkedId !== undefined);
    if (rows.length > 0) {
      const waits = rows.map(({ wait }) => wait ?? NO_WAIT);
      await tx.query(POSTPONE_ROWS, [
        rows.map(({ parkedId }) => parkedId),
        waits.map(({ delayMs }) => delayMs),
        waits.map(({ dependency }) => dependency),
      ]);
    }
    const messages = moves.flatMap((move) => move.messages);
    const waits = moves.flatMap((move) => move.messages.map(() => move.wait ?? NO_WAIT));
    return await storeMessages(tx, {
      consumer: this.#consumer,
      messages,
      how: 'moved',
      alone: { waits, partitionOf },
    });
  }
}
