import { RELAY_RESOURCE } from '../topology/resource.ts';
import { candidatesFor } from './candidates.ts';
import type { Member } from './ownership-store.ts';
import { shareOut } from './rendezvous.ts';

/** What an instance should own. All instances compute it from the same rows, so they agree. */
export class Shares {
  readonly #instance: string;
  /** What the share was computed from. */
  #known = '';
  #share: ReadonlySet<string> = new Set();

  constructor(instance: string) {
    this.#instance = instance;
  }

  /** The partitions are shared out among those that handle, and the relay by itself among those that relay. */
  of(resources: readonly string[], members: readonly Member[]): ReadonlySet<string> {
    const isRelay = (resource: string): boolean => resource === RELAY_RESOURCE;
    const kinds = [resources.filter((resource) => !isRelay(resource)), resources.filter(isRelay)];
    const groups = kinds.map((group) => ({ group, candidates: candidatesFor(group[0] ?? '', members) }));
    const known = JSON.stringify(groups);
    if (known === this.#known) return this.#share;
    const owned = groups.flatMap(({ group, candidates }) => [...shareOut(group, candidates)]);
    this.#share = new Set(
      owned.filter(([, owner]) => owner === this.#instance).map(([resource]) => resource),
    );
    this.#known = known;
    return this.#share;
  }
}
