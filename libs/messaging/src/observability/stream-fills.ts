import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { isStreamNotFound } from '../broker/api-error.ts';

/** How full a stream is. */
export interface StreamFill {
  readonly stream: string;
  readonly bytes: number;
  /** Of its nearest limit, in bytes or messages: 1 means that it refuses. 0 without a limit. */
  readonly ratio: number;
}

/** A stream fills in minutes at most: what the broker is asked must not grow with the number of scrapes. */
const ASK_EVERY_MS = 10_000;

/** Asks the broker at most once in 10 s, however often it is asked itself. */
export class StreamFills {
  readonly #manager: () => JetStreamManager | undefined;
  readonly #names: readonly string[];
  #last: Promise<readonly StreamFill[]> = Promise.resolve([]);
  /** `performance.now()` */
  #askAgainAt = 0;

  /** @param manager undefined while there is no connection */
  constructor(names: readonly string[], manager: () => JetStreamManager | undefined) {
    this.#names = names;
    this.#manager = manager;
  }

  /** As of 10 s ago at most. Streams that do not exist are left out. Rejects when the broker does not answer. */
  read(): Promise<readonly StreamFill[]> {
    const now = performance.now();
    if (now >= this.#askAgainAt) {
      this.#askAgainAt = now + ASK_EVERY_MS;
      this.#last = this.#ask();
    }
    return this.#last;
  }

  async #ask(): Promise<readonly StreamFill[]> {
    const manager = this.#manager();
    if (manager === undefined) return [];
    const infos = await Promise.all(this.#names.map((name) => infoOf(manager, name)));
    return infos.filter((info) => info !== undefined).map(fillOf);
  }
}

function fillOf({ config, state }: StreamInfo): StreamFill {
  const ratio = Math.max(share(state.bytes, config.max_bytes), share(state.messages, config.max_msgs));
  return { stream: config.name, bytes: state.bytes, ratio };
}

/** A limit of -1 is none. */
function share(used: number, limit: number): number {
  return limit > 0 ? used / limit : 0;
}

async function infoOf(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isStreamNotFound(error)) return undefined;
    throw error;
  }
}
