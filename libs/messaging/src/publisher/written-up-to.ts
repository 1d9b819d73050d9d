import type { NatsConnection } from '@nats-io/transport-node';

/**
 * Tells how long ago the server had read a message. The client does not say what it has written; but the server answers
 * a PING only when it has read all that came before it. While answers arrive, what it has not read yet is only queued
 * behind other messages; without any progress its time runs from the sending.
 */
export class WrittenUpTo {
  readonly #connection: NatsConnection;
  readonly #patienceMs: number;
  /** The server had read all tokens below each at that time; in order. */
  #reads: { token: number; at: number }[] = [];
  #asking = false;
  #acknowledged = 0;
  #progressAt = -Infinity;

  constructor(connection: NatsConnection, patienceMs: number) {
    this.#connection = connection;
    this.#patienceMs = patienceMs;
  }

  /** @param nextToken of the next message; @param acknowledged how many were answered so far */
  look(nextToken: number, acknowledged: number): void {
    if (acknowledged !== this.#acknowledged) this.#progressAt = performance.now();
    this.#acknowledged = acknowledged;
    if (this.#asking || nextToken === this.#reads.at(-1)?.token || this.#connection.isClosed()) return;
    this.#asking = true;
    void this.#ask(nextToken);
  }

  /** How long the time of a message has been running. */
  sinceMs(token: number, sentAt: number, now: number): number {
    const read = this.#reads.find((known) => token < known.token);
    if (read !== undefined) return now - Math.max(sentAt, read.at);
    const isMoving = now - this.#progressAt < this.#patienceMs;
    return isMoving ? 0 : now - sentAt;
  }

  async #ask(nextToken: number): Promise<void> {
    try {
      await this.#connection.flush();
      const now = performance.now();
      // The oldest stays, for what is older than all of them.
      this.#reads = this.#reads.filter(
        (read, index, all) => now - read.at < this.#patienceMs || index === all.length - 1,
      );
      this.#reads.push({ token: nextToken, at: now });
    } catch {
      // Disconnected: asked again at the next look.
    } finally {
      this.#asking = false;
    }
  }
}
