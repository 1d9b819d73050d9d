import { isDatabaseUnavailable, type SqlExecutor } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';

const PROBE_MS = 250;

/** Stops all handling while the database is away: no message is to blame, so no attempt is used up. */
export class Pause {
  readonly #database: SqlExecutor;
  readonly #log: Log;
  readonly #onResume: () => void;
  #reason: string | undefined;
  #stopped = false;

  constructor(parts: { database: SqlExecutor; log: Log; onResume: () => void }) {
    this.#database = parts.database;
    this.#log = parts.log;
    this.#onResume = parts.onResume;
  }

  /** Why nothing is handled at the moment, or undefined. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Pauses until the database answers. */
  begin(error: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = isDatabaseUnavailable(error) ? 'database unavailable' : 'unexpected failure';
    this.#log.error({ error }, `Handling pauses: ${this.#reason}`);
    void this.#resumeWhenReachable();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #resumeWhenReachable(): Promise<void> {
    do {
      await delay(PROBE_MS, undefined, { ref: false });
      if (this.#stopped) return;
    } while (!(await this.#reachable()));
    this.#reason = undefined;
    this.#log.info({}, 'Handling goes on');
    this.#onResume();
  }

  async #reachable(): Promise<boolean> {
    return await this.#database.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }
}
