import { GroupCommit, type ItemOutcome, type SqlDatabase, type SqlExecutor } from '@orderflow/database';
import type { ClaimStore } from '../inbox/inbox.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { assertLeases, type Lease, leasesOfAll } from '../ownership/fence.ts';
import type { EffectScope } from './delivery.ts';
import type { HeldMessage } from './held-message.ts';

/** What an external handler wants committed for its message. */
export interface Effect<T> {
  readonly held: HeldMessage;
  readonly leases: readonly Lease[];
  /** It failed before. */
  readonly retried: boolean;
  /** May be called again before it is kept once. */
  readonly work: (scope: EffectScope) => Promise<T>;
}

interface GroupEffectParts {
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
 * claim, the work of each in turn, one statement for their events. If anything of that fails, all of it is rolled back
 * and done again in halves, so that only the message that is to blame is refused.
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
   * @throws AlreadyHandled, NoLongerReady, OwnershipLost, what the work throws, and as `Database.transaction` does
   */
  async commit<T>(effect: Effect<T>): Promise<T> {
    let value!: T;
    const work = async (scope: EffectScope): Promise<void> => {
      // That of the last run, which is the one that is kept.
      value = await effect.work(scope);
    };
    if (await this.#commits.submit({ ...effect, work })) this.#parts.wakeRelay();
    return value;
  }

  async #commitAll(
    tx: SqlExecutor,
    effects: readonly Effect<void>[],
  ): Promise<readonly ItemOutcome<boolean>[]> {
    const { claims } = this.#parts;
    await assertLeases(tx, leasesOfAll(effects));
    const states = (await claims.claim(tx, heldOf(effects))).map(({ state }) => state);
    // Before any work is done. The claim has recorded something of a key that is blocked, and must not keep it.
    if (states.some((state) => state === 'blocked' || state === 'waiting')) throw new NoLongerReady();
    await claims.forgetAttempts(tx, heldOf(effects.filter(({ retried }) => retried)));
    const published: OutboxRow[] = [];
    const outcomes: ItemOutcome<boolean>[] = [];
    for (const [index, { work }] of effects.entries()) {
      const state = states[index];
      // Taken for seen it would be acknowledged without its effect.
      if (state === undefined) throw new TypeError('The inbox gave fewer claims than there are messages.');
      if (state === 'seen') {
        outcomes.push({ kind: 'refused', reason: new AlreadyHandled() });
        continue;
      }
      const before = published.length;
      await work({ tx, published });
      outcomes.push({ kind: 'done', result: published.length > before });
    }
    await insertOutboxRows(tx, published);
    return outcomes;
  }
}

function heldOf(effects: readonly Effect<void>[]): HeldMessage[] {
  return effects.map(({ held }) => held);
}
