import type { SqlExecutor } from '@orderflow/database';
import type { Log } from '../log/log.ts';

const LOOK_EVERY_MS = 2_000;

/** Served by the primary key: one row for each owned stream. */
const REASON = `SELECT reason FROM messaging.relay_stream WHERE state = 'behind' ORDER BY stream LIMIT 1`;

export interface BehindWatchParts {
  database: SqlExecutor;
  /** The instance that relays finds it out by itself, and sooner. */
  isRelaying: () => boolean;
  /** The reason; undefined when the database is not behind its streams any more. */
  onChange: (reason: string | undefined) => void;
  log: Log;
}

/** Tells an instance that does not relay that the one that does has found the database older than a stream. */
export class BehindWatch {
  readonly #parts: BehindWatchParts;
  #known: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: BehindWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { database, isRelaying, onChange, log } = this.#parts;
    if (isRelaying()) {
      this.#known = undefined;
      return;
    }
    try {
      const [row] = await database.query<{ reason: string | null }>(REASON);
      const reason = row === undefined ? undefined : (row.reason ?? 'the database is behind a stream');
      if (reason === this.#known || isRelaying()) return;
      this.#known = reason;
      onChange(reason);
    } catch (error) {
      log.debug({ error: String(error) }, 'The state of the relay could not be read; trying again in 2 s');
    }
  }
}
