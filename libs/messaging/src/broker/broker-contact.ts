import type { NatsConnection } from '@nats-io/transport-node';

const ASK_EVERY_MS = 1_000;

/** Measures for how long the broker has not answered, by a PING each second. */
export class BrokerContact {
  readonly #connection: NatsConnection;
  #answeredAt = performance.now();
  #connected = true;
  #asking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  get silenceMs(): number {
    return performance.now() - this.#answeredAt;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS).unref();
    void this.#follow();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One PING at a time: the client keeps each until its PONG comes or the connection ends. */
  async #ask(): Promise<void> {
    if (this.#asking || !this.#connected || this.#connection.isClosed()) return;
    this.#asking = true;
    try {
      await this.#connection.rtt();
      this.#answeredAt = performance.now();
    } catch {
      // Disconnected meanwhile: the silence goes on until the client has connected again.
    } finally {
      this.#asking = false;
    }
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#connected = false;
      if (type !== 'reconnect') continue;
      this.#connected = true;
      this.#answeredAt = performance.now();
    }
  }
}
