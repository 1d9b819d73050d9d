/** Transactions at once: usually one, with all that has arrived; more only while one is slow, so that nobody waits for it. */
const MAX_BATCHES = 4;
export const SLOW_BATCH_MS = 10;

/** Says when a further batch of what comes from the streams may begin. */
export class BatchSlots {
  #batches = 0;
  #startedAt = 0;

  get free(): boolean {
    if (this.#batches === 0) return true;
    return this.#batches < MAX_BATCHES && performance.now() - this.#startedAt >= SLOW_BATCH_MS;
  }

  begin(): void {
    this.#batches++;
    this.#startedAt = performance.now();
  }

  end(): void {
    this.#batches--;
  }
}
