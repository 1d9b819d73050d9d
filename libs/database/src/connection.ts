import type pg from 'pg';
import { fromDriver } from './database-error.ts';
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
  readonly #queryTimeoutMs: number;
  readonly #reject: (reason: unknown) => void;
  readonly #onError: (cause: Error) => void;
  #error: unknown;

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

  /** Rejects with the driver's errors, unchanged. */
  async query<Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#submit<Row>(text, values);
    } catch (error) {
      // As the driver does where it makes the promise: the trace is to end in the caller and not in a socket.
      if (Error.isError(error)) Error.captureStackTrace(error);
      throw error;
    }
  }

  /** False when that did not work: then nobody may use the connection again. */
  async rollBack(): Promise<boolean> {
    return await this.query('ROLLBACK').then(
      () => true,
      () => false,
    );
  }

  /** Gives the connection back to the pool; a broken one is thrown away. */
  release(broken = false): void {
    this.#client.off('error', this.#onError);
    this.#client.release(broken || this.#error !== undefined);
  }

  #submit<Row extends object>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = new Error('Query read timeout');
        this.#fail(late);
        reject(late);
      }, this.#queryTimeoutMs);
      this.#client.query<Row>(queryOf(text, values), (error: Error | null, result) => {
        clearTimeout(timer);
        if (error === null) resolve(result);
        else reject(error);
      });
    });
  }

  #fail(cause: Error): void {
    this.#error = fromDriver(cause);
    this.#reject(this.#error);
  }
}
