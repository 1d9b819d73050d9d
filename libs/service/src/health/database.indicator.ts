import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Database, sqlStateOf } from '@orderflow/database';

const TIMEOUT_MS = 1_000;

/** Asks the database for a row, once at a time however many probes ask, and within a second. */
@Injectable()
export class DatabaseIndicator {
  readonly #database: Database;
  readonly #indicator: HealthIndicatorService;
  #pending: Promise<string | undefined> | undefined;

  constructor(
    @Inject(Database) database: Database,
    @Inject(HealthIndicatorService) indicator: HealthIndicatorService,
  ) {
    this.#database = database;
    this.#indicator = indicator;
  }

  async check(key: string): Promise<HealthIndicatorResult> {
    const started = performance.now();
    // A stuck question is not asked again: each would take one more connection of the pool.
    this.#pending ??= this.#ask().finally(() => (this.#pending = undefined));
    const reason = await firstOf(this.#pending);
    const session = this.#indicator.check(key);
    const responseMs = Math.round(performance.now() - started);
    return reason === undefined ? session.up({ responseMs }) : session.down({ reason });
  }

  // The driver's message names host and port, so it is not passed on.
  async #ask(): Promise<string | undefined> {
    try {
      await this.#database.query('SELECT 1');
      return undefined;
    } catch (error) {
      return sqlStateOf(error) === undefined ? 'unreachable' : 'refused';
    }
  }
}

async function firstOf(pending: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${String(TIMEOUT_MS)} ms`), TIMEOUT_MS);
  });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
