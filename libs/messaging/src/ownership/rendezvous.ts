import { fnv1a32 } from '../topology/partition.ts';

/**
 * Who should own which resource: each member as many as any other, or one more. A pair of resource and member goes together before
 * another one if its hash is higher (highest random weight hashing, Thaler and Ravishankar 1998), as long as the member
 * has room: so when a member comes or goes, most resources stay where they are. All who know the same members agree.
 *
 * @returns the owner of each resource; empty when there is no member
 */
export function shareOut(
  resources: readonly string[],
  members: readonly string[],
): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const room = new Room(resources.length, members);
  for (const { resource, member } of pairsByWeight(resources, members)) {
    if (owners.has(resource) || !room.isLeft(member)) continue;
    owners.set(resource, member);
    room.take(member);
  }
  return owners;
}

/** How many more each member may have. */
class Room {
  readonly #least: number;
  /** Members that have one more than the least, at most. */
  #larger: number;
  readonly #taken: Map<string, number>;

  constructor(resources: number, members: readonly string[]) {
    this.#least = Math.floor(resources / members.length);
    this.#larger = resources % members.length;
    this.#taken = new Map(members.map((member) => [member, 0]));
  }

  isLeft(member: string): boolean {
    const taken = this.#takenBy(member);
    return taken < this.#least || (taken === this.#least && this.#larger > 0);
  }

  take(member: string): void {
    const taken = this.#takenBy(member);
    if (taken === this.#least) this.#larger--;
    this.#taken.set(member, taken + 1);
  }

  #takenBy(member: string): number {
    return this.#taken.get(member) ?? 0;
  }
}

interface Pair {
  readonly resource: string;
  readonly member: string;
  readonly weight: number;
}

function pairsByWeight(resources: readonly string[], members: readonly string[]): Pair[] {
  const pairs = resources.flatMap((resource) =>
    members.map((member) => ({ resource, member, weight: mix(fnv1a32(`${member}|${resource}`)) })),
  );
  // Two of one weight are told apart by their names, so that the order in which they were listed does not matter.
  return pairs.sort(
    (a, b) => b.weight - a.weight || compare(a.resource, b.resource) || compare(a.member, b.member),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// FNV-1a leaves names that differ only at the end close together; this is the finalizer of MurmurHash3.
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
