import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Database, sqlStateOf } from '@orderflow/database';
import { inTime } from '../process/in-time.ts';

const TIMEOUT_MS = 1_000;
/** True for a standby, a read-only role or database, and a server that was set so. */
const READ_ONLY = `SELECT current_setting('transaction_read_only')::boolean AS "readOnly"`;

interface Answer {
  /** Why there was no answer; undefined when there was one. */
  readonly reason: string | undefined;
  readonly readOnly: boolean;
}

const NO_ANSWER: Answer = { reason: `no answer within ${String(TIMEOUT_MS)} ms`, readOnly: false };

/** Asks the database for a row, once at a time however many probes ask, and within a second. */
@Injectable()
export class DatabaseIndicator {
  readonly #database: Database;
  readonly #indicator: HealthIndicatorService;
  #pending: Promise<Answer> | undefined;

  constructor(
    @Inject(Database) database: Database,
    @Inject(HealthIndicatorService) indicator: HealthIndicatorService,
  ) {
    this.#database = database;
    this.#indicator = indicator;
  }

  /** Down when the database does not answer. */
  async check(key: string): Promise<HealthIndicatorResult> {
    return await this.#result(key, ({ reason }) => reason);
  }

  /** Down when the database does not answer, or takes no writes. */
  async writable(key: string): Promise<HealthIndicatorResult> {
    return await this.#result(key, ({ reason, readOnly }) => reason ?? (readOnly ? 'read-only' : undefined));
  }

  async #result(
    key: string,
    reasonOf: (answer: Answer) => string | undefined,
  ): Promise<HealthIndicatorResult> {
    const started = performance.now();
    // A stuck question is not asked again: each would take one more connection of the pool.
    this.#pending ??= this.#ask().finally(() => (this.#pending = undefined));
    const reason = reasonOf((await inTime(TIMEOUT_MS, this.#pending)) ?? NO_ANSWER);
    const session = this.#indicator.check(key);
    const responseMs = Math.round(performance.now() - started);
    return reason === undefined ? session.up({ responseMs }) : session.down({ reason });
  }

  // The driver's message names host and port, so it is not passed on.
  async #ask(): Promise<Answer> {
    try {
      const [row] = await this.#database.query<{ readOnly: boolean }>(READ_ONLY);
      return { reason: undefined, readOnly: row?.readOnly === true };
    } catch (error) {
      return { reason: sqlStateOf(error) === undefined ? 'unreachable' : 'refused', readOnly: false };
    }
  }
}
