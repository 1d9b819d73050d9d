import {
  GroupCommit,
  isTimedOut,
  isTransactionConflict,
  type ItemOutcome,
  type SqlDatabase,
  type Transaction,
} from '@orderflow/database';
import type { ClaimStore } from '../inbox/claim.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import type { BatchEntry, EffectScope } from '../routing/effect-scope.ts';
import { claimAll } from './claim-all.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

/** What an external handler wants committed for its message. */
export interface Effect<T> {
  readonly held: ReceivedMessage;
  readonly leases: readonly Lease[];
  /** May be called again before it is kept once. */
  readonly work: (scope: EffectScope) => Promise<T>;
  /** What the work shares with that of others. */
  readonly entry?: BatchEntry<unknown> | undefined;
}

export interface GroupEffectParts {
  database: SqlDatabase;
  claims: ClaimStore;
  wakeRelay: () => void;
}

/** Somebody else committed this message's effect while its handler ran. */
export class AlreadyHandled extends Error {}

/** Its key was blocked, or it was told to wait, while its handler ran: nothing of it counts, and it is looked at again. */
export class NoLongerReady extends Error {}

/**
 * Commits the effects of external handlers. Those that are ready at the same time share a transaction: one fence, one
 * claim, the work of each in turn (that of a batch effect once for all), one statement for their events. If anything of
 * that fails, all of it is rolled back and done again in halves, so that only the message that is to blame is refused. A
 * message that may have ended its process has a transaction of its own, so that it takes nobody with it.
 */
export class GroupEffect {
  readonly #parts: GroupEffectParts;
  /** Results: whether there is anything to publish. */
  readonly #commits: GroupCommit<Effect<void>, boolean>;

  constructor(parts: GroupEffectParts) {
    this.#parts = parts;
    this.#commits = new GroupCommit(parts.database, (tx, effects) => this.#commitAll(tx, effects));
  }

  /**
   * Resolves with what the work returned, after the COMMIT.
   *
   * @throws AlreadyHandled, NoLongerReady, OwnershipLost, HandlerFailed with what the work threw, and as `GroupCommit` does
   */
  async commit<T>(effect: Effect<T>): Promise<T> {
    let value!: T;
    const work = once(async (scope) => {
      // That of the last run, which is the one that is kept.
      value = await effect.work(scope);
    });
    const alone = effect.held.suspect === true;
    const kept = { ...effect, work };
    const publishes = await (alone ? this.#commits.alone(kept) : this.#commits.submit(kept));
    if (publishes) this.#parts.wakeRelay();
    return value;
  }

  async #commitAll(tx: Transaction, effects: readonly Effect<void>[]): Promise<ItemOutcome<boolean>[]> {
    await assertLeases(tx, leasesOfAll(effects));
    const claimed = await claimAll(tx, this.#parts.claims, effects);
    // Before any work is done. The claim has recorded something of a key that is blocked, and must not keep it.
    if (claimed.some(({ claim: { state } }) => state === 'blocked' || state === 'waiting'))
      throw new NoLongerReady();
    const published: OutboxRow[] = [];
    const scope: EffectScope = { tx: tx.plain, published };
    for (const { item, claim } of claimed) if (claim.state === 'new') item.entry?.join(scope);
    const outcomes: ItemOutcome<boolean>[] = [];
    for (const { item, claim } of claimed) {
      if (claim.state === 'seen') {
        outcomes.push({ kind: 'refused', reason: new AlreadyHandled() });
        continue;
      }
      // The server has ended it while the work before took its time; what comes behind is done elsewhere by now.
      if (!tx.open) throw new Error('The transaction has ended.');
      const before = published.length;
      await item.work(scope);
      outcomes.push({ kind: 'done', result: published.length > before });
    }
    await insertOutboxRows(tx, published);
    return outcomes;
  }
}

/** Runs one after the other only: work that outlived its transaction must not meet itself in the next one. */
function once(work: (scope: EffectScope) => Promise<void>): (scope: EffectScope) => Promise<void> {
  let running = false;
  return async (scope) => {
    if (running)
      throw new HandlerFailed(new Error('What runs in transact() did not end with its transaction.'));
    running = true;
    try {
      await work(scope);
    } catch (cause) {
      // Of these the group commit has to know: they are tried again, or apart from the others.
      throw isTransactionConflict(cause) || isTimedOut(cause) ? cause : new HandlerFailed(cause);
    } finally {
      running = false;
    }
  };
}
