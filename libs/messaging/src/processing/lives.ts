import type { MessageLife } from './message-life.ts';

/** The lives of what is handled in order, and of each queue group. */
export class Lives {
  readonly #ordered: MessageLife;
  readonly #groups: ReadonlyMap<string, MessageLife>;

  constructor(ordered: MessageLife, groups: ReadonlyMap<string, MessageLife>) {
    this.#ordered = ordered;
    this.#groups = groups;
  }

  /**
   * @param group undefined for what is handled in order
   * @throws TypeError when there is no such group
   */
  of(group: string | undefined): MessageLife {
    const life = group === undefined ? this.#ordered : this.#groups.get(group);
    if (life === undefined) throw new TypeError(`There is no queue group ${String(group)}.`);
    return life;
  }
}
