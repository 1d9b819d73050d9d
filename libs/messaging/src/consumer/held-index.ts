import type { HeldMessage } from './held-message.ts';

/**
 * The messages held, by their place in their stream. A map for each stream, so that a place is a number: making and hashing a text
 * for each message was the dearest part of a lane.
 */
export class HeldIndex {
  readonly #byStream = new Map<string, Map<number, HeldMessage>>();

  get size(): number {
    let size = 0;
    for (const places of this.#byStream.values()) size += places.size;
    return size;
  }

  all(): HeldMessage[] {
    return [...this.#byStream.values()].flatMap((places) => [...places.values()]);
  }

  get({ stream, sequence }: HeldMessage): HeldMessage | undefined {
    return this.#byStream.get(stream)?.get(sequence);
  }

  set(held: HeldMessage): void {
    let places = this.#byStream.get(held.stream);
    if (places === undefined) {
      places = new Map();
      this.#byStream.set(held.stream, places);
    }
    places.set(held.sequence, held);
  }

  /** Only this very message: after its stream was made again another one may stand in its place. */
  delete(held: HeldMessage): void {
    if (this.get(held) === held) this.#byStream.get(held.stream)?.delete(held.sequence);
  }
}
