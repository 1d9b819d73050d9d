import type pg from 'pg';
import {
  connectionLost,
  endsSession,
  fromDriver,
  isDatabaseUnavailable,
  sqlStateOf,
  unanswered,
} from './database-error.ts';
import { queryOf } from './prepared.ts';

/**
 * A connection of the pool, for as long as one piece of work has it.
 *
 * No function is written straight into a property here, and statements are submitted with a callback and without the driver's own time limit,
 * which would do so: V8 takes such functions for methods that stay and puts them into the old generation at once. There they keep all that they
 * can reach, the values of a statement and the messages of a batch, until the next full collection stops the process.
 */
export class Connection {
  /** Rejects when the server or the network ends the connection, and when a statement had no answer in time: what it may still do is not to be committed. */
  readonly lost: Promise<never>;
  readonly #client: pg.PoolClient;
  #queryTimeoutMs: number;
  readonly #reject: (reason: unknown) => void;
  readonly #onError: (cause: Error) => void;
  #error: unknown;
  /** The session began when the database could only be read: it is used once and not kept. */
  readOnly = false;
  /** The server has said that this session is over, or of no use. */
  #spent = false;

  constructor(client: pg.PoolClient, queryTimeoutMs: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {
      // Seen by whoever races against it; lost between two statements it concerns nobody.
    });
    this.lost = promise;
    this.#client = client;
    this.#queryTimeoutMs = queryTimeoutMs;
    this.#reject = reject;
    this.#onError = this.#fail.bind(this);
    client.on('error', this.#onError);
  }

  /** Why the connection has ended. */
  get error(): unknown {
    return this.#error;
  }

  /** How long a statement may take from now on, in ms; 0 for any time. */
  limitStatements(queryTimeoutMs: number): void {
    this.#queryTimeoutMs = queryTimeoutMs;
  }

  /** Rejects with the driver's errors, unchanged. */
  async query<Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#submit<Row>(text, values);
    } catch (error) {
      if (endsSession(error)) this.#spent = true;
      // As the driver does where it makes the promise: the trace is to end in the caller and not in a socket.
      if (Error.isError(error)) Error.captureStackTrace(error);
      throw error;
    }
  }

  /** False when that did not work: the connection has gone, and must not be used again. */
  async rollBack(): Promise<boolean> {
    return await this.query('ROLLBACK').then(
      () => true,
      () => false,
    );
  }

  /**
   * Gives the connection back to the pool. One that is broken is closed instead, and one whose server has said that it can
   * do nothing with it: a session that answers "read-only" goes on answering so after the database has changed its mind.
   */
  release(broken = false): void {
    this.#client.off('error', this.#onError);
    this.#client.release(broken || this.readOnly || this.#spent || this.#error !== undefined);
  }

  #submit<Row extends object>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      const limitMs = this.#queryTimeoutMs;
      const onLate = (): void => {
        const late = unanswered(limitMs);
        this.#fail(late);
        reject(late);
      };
      const timer = limitMs === 0 ? undefined : setTimeout(onLate, limitMs);
      this.#client.query<Row>(queryOf(text, values), (error: Error | null, result) => {
        clearTimeout(timer);
        if (error === null) resolve(result);
        else reject(error);
      });
    });
  }

  #fail(cause: Error): void {
    // A server that is stopping says so between two statements as well as during one: to the work both are a lost connection.
    const stopping = sqlStateOf(cause) !== undefined && isDatabaseUnavailable(cause);
    this.#error = stopping ? connectionLost(cause) : fromDriver(cause);
    this.#reject(this.#error);
  }
}
