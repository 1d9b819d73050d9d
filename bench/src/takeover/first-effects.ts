import { partitionOf } from '@orderflow/messaging';
import { PARTITIONS } from '../nats/bench-stream.ts';
import { timeOfDay } from './time-of-day.ts';

/** When each partition had its first committed effect in this process. */
export class FirstEffects {
  #times = new Float64Array(PARTITIONS).fill(Number.NaN);
  #count = 0;
  #onNew: () => void = () => undefined;

  /** Called after the commit. */
  add(keys: readonly string[]): void {
    const now = timeOfDay();
    for (const key of keys) {
      const partition = partitionOf(key, PARTITIONS);
      if (!Number.isNaN(this.#times[partition])) continue;
      this.#times[partition] = now;
      this.#count += 1;
    }
    this.#onNew();
  }

  /** Starts anew and waits until so many partitions had an effect, or for so long. */
  async watch(partitions: number, patienceMs: number): Promise<Float64Array> {
    this.#times = new Float64Array(PARTITIONS).fill(Number.NaN);
    this.#count = 0;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, patienceMs);
      this.#onNew = () => {
        if (this.#count < partitions) return;
        clearTimeout(patience);
        resolve();
      };
    });
    return this.#times;
  }
}
