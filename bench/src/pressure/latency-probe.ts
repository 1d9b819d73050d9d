import { contract, type Outbox } from '@orderflow/messaging';
import type { Database } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import { Pressed } from './pressed-event.ts';

const EVERY_MS = 10;
export const PROBE = 'probe-';

/** How long events of keys of their own take from the transaction that adds them to the commit of their effect. */
export class LatencyProbe {
  readonly #sentAt = new Map<string, number>();
  #latencies: number[] = [];
  #all = Promise.withResolvers<void>();
  #count = 0;

  handled(key: string): void {
    const at = this.#sentAt.get(key);
    if (at === undefined) return;
    this.#sentAt.delete(key);
    this.#latencies.push(performance.now() - at);
    if (this.#latencies.length === this.#count) this.#all.resolve();
  }

  /** One every 10 ms, whether the others are handled or not. Resolves when all are. */
  async measure(outbox: Outbox, database: Database, count: number): Promise<Float64Array> {
    this.#latencies = [];
    this.#all = Promise.withResolvers();
    this.#count = count;
    const sent: Promise<unknown>[] = [];
    for (let n = 0; n < count; n++) {
      const userId = `${PROBE}${crypto.randomUUID()}`;
      this.#sentAt.set(userId, performance.now());
      const event = contract(Pressed, { userId, n, text: '' });
      sent.push(database.transaction((tx) => outbox.add(tx, event)));
      await delay(EVERY_MS);
    }
    await Promise.all([...sent, this.#all.promise]);
    return Float64Array.from(this.#latencies);
  }
}
