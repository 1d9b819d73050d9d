import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from '../timing/backoff.ts';
import type { PublishedMark } from './relay-store.ts';

export interface MarkWriterParts {
  /** Moves the rows to the published ones. Rejects when the database did not. */
  write: (marks: readonly PublishedMark[]) => Promise<void>;
  /** These are marked, or will not be: no longer under way. */
  marked: (marks: readonly PublishedMark[]) => void;
  failed: (error: unknown) => void;
}

/** Marks rows as published, while others are being read and published: what came in during one statement goes into the next. */
export class MarkWriter {
  readonly #parts: MarkWriterParts;
  #waiting: PublishedMark[] = [];
  #writing = false;
  #ended = false;
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
    if (this.#writing || this.#ended) return;
    this.#writing = true;
    void this.#writeAll();
  }

  /** What could not be marked is dropped: the next relay publishes the row again under its id. */
  end(): void {
    this.#ended = true;
    if (!this.#writing) this.#drop();
  }

  #drop(): void {
    this.#failures = 0;
    this.#parts.marked(this.#waiting.splice(0));
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#ended) {
      const marks = this.#waiting.splice(0);
      try {
        await this.#parts.write(marks);
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
    if (this.#ended) this.#drop();
  }
}
