import { GroupCommit, type ItemOutcome, type SqlDatabase, type SqlExecutor } from '@orderflow/database';
import type { Parking } from '../dead-letter/parking.ts';
import type { Claim, ClaimStore } from '../inbox/inbox.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import type { HeldMessage } from './held-message.ts';

interface Look {
  readonly held: HeldMessage;
  readonly leases: readonly Lease[];
}

interface GroupLookParts {
  database: SqlDatabase;
  claims: ClaimStore;
  parking: Parking;
}

/**
 * What is to be done with a message before its handler may call the world. Messages that begin at the same time share
 * the transaction that asks. When the lease of one is lost, each of them is asked about alone, so that only that one is
 * refused.
 */
export class GroupLook {
  readonly #parts: GroupLookParts;
  readonly #looks: GroupCommit<Look, Claim>;

  constructor(parts: GroupLookParts) {
    this.#parts = parts;
    this.#looks = new GroupCommit(parts.database, (tx, looks) => this.#lookAll(tx, looks));
  }

  /** Rejects with OwnershipLost when the message's partition is no longer ours: the world must not be called for it. */
  async at(held: HeldMessage, leases: readonly Lease[]): Promise<Claim> {
    const look = { held, leases };
    // A parked message locks its key, which would then be held for all of the group.
    return await (held.parkedId === undefined ? this.#looks.submit(look) : this.#looks.alone(look));
  }

  async #lookAll(tx: SqlExecutor, looks: readonly Look[]): Promise<ItemOutcome<Claim>[]> {
    const { claims, parking } = this.#parts;
    await assertLeases(tx, leasesOfAll(looks));
    const found = await claims.lookAll(
      tx,
      looks.map(({ held }) => held),
    );
    const outcomes: ItemOutcome<Claim>[] = [];
    for (const [index, { held }] of looks.entries()) {
      const claim = found[index];
      if (claim === undefined) throw new TypeError('The inbox gave fewer answers than there are messages.');
      if (claim.state === 'blocked') await parking.park(tx, held);
      outcomes.push({ kind: 'done', result: claim });
    }
    return outcomes;
  }
}
