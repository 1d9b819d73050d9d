import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Database, isDatabaseUnavailable } from '@orderflow/database';
import { ServiceConfig } from '../config/service.config.ts';
import { pruneAnswers, PRUNE_ROWS } from './kept-answer.store.ts';

const PRUNE_INTERVAL_MS = 60_000;

/** Removes answers that are older than IDEMPOTENCY_KEEP_MS, in every instance: each takes rows that the others leave. */
@Injectable()
export class AnswerPruner implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(AnswerPruner.name);
  readonly #database: Database;
  readonly #keepMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(@Inject(Database) database: Database, @Inject(ServiceConfig) config: ServiceConfig) {
    this.#database = database;
    this.#keepMs = config.idempotencyKeepMs;
  }

  onApplicationBootstrap(): void {
    this.#start();
    this.#timer = setInterval(() => this.#start(), PRUNE_INTERVAL_MS);
    this.#timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#prune().finally(() => (this.#running = undefined));
  }

  /** Slice by slice, so that no statement holds many rows or takes long. */
  async #prune(): Promise<void> {
    try {
      while (!this.#stopping && (await pruneAnswers(this.#database, this.#keepMs)) === PRUNE_ROWS);
    } catch (error) {
      // Readiness says that the database is away.
      if (isDatabaseUnavailable(error)) return;
      this.#logger.warn({
        msg: 'old idempotency answers could not be removed; trying again in a minute',
        err: error,
      });
    }
  }
}
