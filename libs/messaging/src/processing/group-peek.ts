import { GroupCommit, type ItemOutcome, type SqlDatabase, type SqlExecutor } from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import type { HeldMessage } from '../message/received-message.ts';

interface Look {
  readonly held: HeldMessage;
  readonly leases: readonly Lease[];
}

interface GroupLookParts {
  database: SqlDatabase;
  claims: ClaimStore;
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
    return await this.#looks.submit({ held, leases });
  }

  async #lookAll(tx: SqlExecutor, looks: readonly Look[]): Promise<ItemOutcome<Claim>[]> {
    await assertLeases(tx, leasesOfAll(looks));
    const found = await this.#parts.claims.lookAll(
      tx,
      looks.map(({ held }) => held),
    );
    return looks.map((_, index) => {
      const claim = found[index];
      if (claim === undefined) throw new TypeError('There are fewer answers than messages.');
      return { kind: 'done', result: claim };
    });
  }
}
