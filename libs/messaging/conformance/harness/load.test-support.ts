import type { Cluster, Sending } from './cluster.test-support.ts';

export interface LoadOptions {
  keys: readonly string[];
  /** Default 400. */
  perSecond?: number;
  sending?: Sending;
}

const TICK_MS = 25;

/** Sends messages at a steady rate until it is stopped, all keys in turn. While the database is away it waits for it. */
export class Load {
  readonly #cluster: Cluster;
  readonly #options: LoadOptions;
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> | undefined;
  #next = 0;
  #sent = 0;

  constructor(cluster: Cluster, options: LoadOptions) {
    this.#cluster = cluster;
    this.#options = options;
    cluster.loads.add(this);
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  get sent(): number {
    return this.#sent;
  }

  /** Resolves with how many messages were sent. */
  async stop(): Promise<number> {
    this.#cluster.loads.delete(this);
    clearInterval(this.#timer);
    await this.#sending;
    return this.#sent;
  }

  #tick(): void {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  async #send(): Promise<void> {
    const { keys, perSecond = 400, sending = {} } = this.#options;
    const length = Math.max(1, Math.round((perSecond * TICK_MS) / 1_000));
    const batch = Array.from({ length }, () => ({ key: keys[this.#next++ % keys.length] ?? '', ...sending }));
    try {
      await this.#cluster.sendAll(batch);
      this.#sent += length;
    } catch {
      // Not committed, so not sent: only what is in the table `sent` counts. The numbers of the keys have gaps then.
    }
  }
}
