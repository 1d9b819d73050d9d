import type { DatabaseState, ProbedDatabase } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/log.ts';

const PROBE_MS = 250;

const REASONS: Record<Exclude<DatabaseState, 'usable'>, string> = {
  unreachable: 'database unavailable',
  'read-only': 'database read-only',
};

/**
 * Stops all handling while the database cannot be used: no message is to blame, so no attempt is used up. It begins only
 * when the database itself says so to a question over a new connection, so that a failure that is judged wrongly cannot stop an instance.
 */
export class Pause {
  readonly #database: ProbedDatabase;
  readonly #log: Log;
  readonly #onResume: () => void;
  #reason: string | undefined;
  #asking = false;
  #stopped = false;

  constructor(parts: { database: ProbedDatabase; log: Log; onResume: () => void }) {
    this.#database = parts.database;
    this.#log = parts.log;
    this.#onResume = parts.onResume;
  }

  /** Why nothing is handled at the moment, or undefined. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Pauses until the database can be used, if it cannot be used now. */
  begin(error: unknown): void {
    if (this.#reason !== undefined || this.#asking) return;
    this.#asking = true;
    void this.#ask(error);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ask(error: unknown): Promise<void> {
    const state = await this.#database.state();
    this.#asking = false;
    if (this.#stopped) return;
    if (state === 'usable') {
      this.#log.warn(
        { error },
        'Messages could not be settled although the database is well; they are tried again',
      );
      return;
    }
    this.#reason = REASONS[state];
    this.#log.error({ error }, `Message handling pauses: ${this.#reason}`);
    await this.#resumeWhenUsable();
  }

  async #resumeWhenUsable(): Promise<void> {
    do {
      await delay(PROBE_MS, undefined, { ref: false });
      if (this.#stopped) return;
    } while ((await this.#database.state()) !== 'usable');
    this.#reason = undefined;
    this.#log.info({}, 'The database can be used again; message handling resumes');
    this.#onResume();
  }
}
