/**
 * A queue for many. `shift` of a large array moves all that is left in it: of a hundred thousand that wait, each costs as much as
 * a hundred messages. Here it is moved once for each half that has gone.
 */
export class Fifo<Item extends object> {
  #items: (Item | undefined)[] = [];
  /** Where the first of those that wait is. */
  #head = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  /** The one that \`shift\` would take. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    // What has gone is not kept.
    this.#items[this.#head++] = undefined;
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** All that wait; none does any more. */
  takeAll(): Item[] {
    const items = this.#items;
    this.#items = [];
    this.#head = 0;
    return items.filter((item) => item !== undefined);
  }
}
