/**
 * A map for things that come and go, thousands a second. As `Map`, in the order in which keys were set; made for one reason:
 *
 * V8 replaces the table of a `Map` or `Set` whenever it is full, deleted entries included, and the old table points to the new one. Once
 * one table has reached the collector's old generation, each of its successors follows it there, with all that was in it at that
 * moment: messages that lived for a few milliseconds fill the old generation until a full collection stops the process. Here
 * the table holds small numbers only, the places of the values in a list whose places are used again.
 */
export class SlotMap<Key, Value extends object> {
  readonly #slotOf = new Map<Key, number>();
  readonly #values: (Value | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slotOf.size;
  }

  get(key: Key): Value | undefined {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  set(key: Key, value: Value): void {
    let slot = this.#slotOf.get(key);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#values.length;
      this.#slotOf.set(key, slot);
    }
    this.#values[slot] = value;
  }

  /** Returns whether it was there. */
  delete(key: Key): boolean {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) return false;
    this.#slotOf.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  /** Entries may be deleted meanwhile. */
  *entries(): Generator<[Key, Value]> {
    for (const key of this.#slotOf.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  values(): Value[] {
    return Array.from(this.entries(), ([, value]) => value);
  }

  clear(): void {
    this.#slotOf.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }
}
