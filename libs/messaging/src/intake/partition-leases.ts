import { type Lease, OwnershipLost } from '../ownership/fence.ts';

/** The leases of the partitions that this process holds. */
export class PartitionLeases {
  readonly #leases = new Map<number, Lease>();

  get partitions(): number[] {
    return [...this.#leases.keys()];
  }

  of(partition: number): Lease | undefined {
    return this.#leases.get(partition);
  }

  /**
   * One for each partition of these.
   *
   * @throws OwnershipLost when one is missing: effects without a fence could be those of a stale owner
   */
  ofAll(messages: readonly { readonly partition: number }[]): Lease[] {
    return [...new Set(messages.map((held) => held.partition))].map((partition) => {
      const lease = this.#leases.get(partition);
      if (lease === undefined) throw new OwnershipLost([]);
      return lease;
    });
  }

  add(partition: number, lease: Lease): void {
    this.#leases.set(partition, lease);
  }

  /** Only this very lease: the partition may have been lost and taken again meanwhile. Returns whether it was there. */
  drop(partition: number, lease: Lease): boolean {
    if (this.#leases.get(partition)?.epoch !== lease.epoch) return false;
    return this.#leases.delete(partition);
  }

  /** The message that ended the earlier owners is settled: what is taken under these leases is no longer suspicious. */
  trustAll(): void {
    for (const lease of this.#leases.values()) lease.suspicious = false;
  }
}
