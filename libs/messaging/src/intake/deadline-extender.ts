import { ACK_WAIT_MS } from './durable-consumers.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

const CHECK_MS = ACK_WAIT_MS / 6;

/** Tells the broker in time that what is held, queued messages included, is still being worked on. */
export class DeadlineExtender {
  readonly #held: () => Iterable<ReceivedMessage>;
  #timer: NodeJS.Timeout | undefined;

  constructor(held: () => Iterable<ReceivedMessage>) {
    this.#held = held;
  }

  start(): void {
    this.#timer = setInterval(() => this.#extend(), CHECK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #extend(): void {
    const now = performance.now();
    for (const held of this.#held()) {
      if (now - held.extendedAt < ACK_WAIT_MS / 3) continue;
      held.extendedAt = now;
      held.delivery.working();
    }
  }
}
