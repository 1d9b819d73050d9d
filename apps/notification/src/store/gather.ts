interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

export interface GatherOptions<Item, Result> {
  /** How long the first caller waits for company. */
  lingerMs: number;
  /** Callers that are served at once. */
  maxItems: number;
  /** Result `i` is of item `i`. What it throws is thrown to all of them. */
  work: (items: readonly Item[]) => Promise<readonly Result[]>;
}

/**
 * Lets callers that come within a few milliseconds share one statement. GroupCommit waits for one turn of the event loop;
 * where each caller has just come from a slow call of its own, groups of that kind stay small.
 */
export class Gather<Item, Result> {
  readonly #options: GatherOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GatherOptions<Item, Result>) {
    this.#options = options;
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length >= this.#options.maxItems) this.#start();
      else this.#timer ??= setTimeout(() => this.#start(), this.#options.lingerMs);
    });
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    this.#options
      .work(group.map(({ item }) => item))
      .then((results) => {
        for (const [index, { resolve, reject }] of group.entries()) {
          const result = results[index];
          if (result === undefined) reject(new TypeError(`No result for item ${String(index)} of a group.`));
          else resolve(result);
        }
      })
      .catch((error: unknown) => {
        for (const { reject } of group) reject(error);
      });
  }
}
