import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from './backoff.ts';
import type { PublishedMark, RelayStore } from './relay-store.ts';

export interface MarkWriterParts {
  store: RelayStore;
  /** These are marked, or nobody will mark them: no longer under way. */
  marked: (marks: readonly PublishedMark[]) => void;
  failed: (error: unknown) => void;
}

/** Marks rows as published, while others are being read and published: what came in during one statement goes into the next. */
export class MarkWriter {
  readonly #parts: MarkWriterParts;
  #waiting: PublishedMark[] = [];
  #writing = false;
  #paused = true;
  #failures = 0;

  constructor(parts: MarkWriterParts) {
    this.#parts = parts;
  }

  /** The last statement failed; what it should have marked is tried again. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  add(mark: PublishedMark): void {
    this.#waiting.push(mark);
    this.#write();
  }

  start(): void {
    this.#paused = false;
    this.#write();
  }

  /**
   * What could not be marked is dropped: the row is published again under its id. A mark that is kept until the next start
   * could call a row published that the broker has lost meanwhile.
   */
  pause(): void {
    this.#paused = true;
    if (!this.#writing) this.#drop();
  }

  #drop(): void {
    this.#failures = 0;
    this.#parts.marked(this.#waiting.splice(0));
  }

  #write(): void {
    if (this.#writing || this.#paused) return;
    this.#writing = true;
    void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#paused) {
      const marks = this.#waiting.splice(0);
      try {
        await this.#parts.store.mark(marks);
        this.#failures = 0;
      } catch (error) {
        this.#waiting.unshift(...marks);
        this.#failures++;
        this.#parts.failed(error);
        await delay(backoff(this.#failures), undefined, { ref: false });
        continue;
      }
      this.#parts.marked(marks);
    }
    // Without a pause since the last look at what waits, or a mark that came meanwhile would be left behind.
    this.#writing = false;
    if (this.#paused) this.#drop();
  }
}
