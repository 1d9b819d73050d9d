import { GroupCommit, type ItemOutcome, type SqlDatabase, type SqlExecutor } from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

interface Peek {
  readonly held: ReceivedMessage;
  readonly leases: readonly Lease[];
}

interface GroupPeekParts {
  database: SqlDatabase;
  claims: ClaimStore;
}

/**
 * What is to be done with a message before its handler may call the world. Messages that begin at the same time share
 * the transaction that asks. When the lease of one is lost, each of them is asked about alone, so that only that one is
 * refused.
 */
export class GroupPeek {
  readonly #parts: GroupPeekParts;
  readonly #peeks: GroupCommit<Peek, Claim>;

  constructor(parts: GroupPeekParts) {
    this.#parts = parts;
    this.#peeks = new GroupCommit(parts.database, (tx, peeks) => this.#peekAll(tx, peeks));
  }

  /** Rejects with OwnershipLost when the message's partition is no longer ours: the world must not be called for it. */
  async at(held: ReceivedMessage, leases: readonly Lease[]): Promise<Claim> {
    return await this.#peeks.submit({ held, leases });
  }

  async #peekAll(tx: SqlExecutor, peeks: readonly Peek[]): Promise<ItemOutcome<Claim>[]> {
    await assertLeases(tx, leasesOfAll(peeks));
    const found = await this.#parts.claims.peekAll(
      tx,
      peeks.map(({ held }) => held),
    );
    return peeks.map((_, index) => {
      const claim = found[index];
      if (claim === undefined) throw new TypeError('There are fewer answers than messages.');
      return { kind: 'done', result: claim };
    });
  }
}
