import type { SqlDatabase } from '@orderflow/database';
import type { Parking } from '../dead-letter/parking.ts';
import type { Log } from '../log.ts';
import type { MessageCounts } from '../metrics/message-counts.ts';
import type { ClaimStore } from '../inbox/inbox.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import { begunHistory } from './attempt.ts';
import { routeOf } from './decode.ts';
import { mostAttempts } from './failure-rule.ts';
import type { HeldMessage } from './held-message.ts';
import type { Router } from './router.ts';
import { type FailureStore, type Outcome, SETTLED } from './settlement.ts';

interface AttemptMarkerParts {
  database: SqlDatabase;
  router: Router;
  claims: ClaimStore;
  failures: FailureStore;
  parking: Parking;
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/**
 * Counts an attempt before it begins. Used for messages that were in flight when their process ended: one of them may
 * have ended it, and would do so for ever if only attempts that return were counted.
 */
export class AttemptMarker {
  readonly #parts: AttemptMarkerParts;

  constructor(parts: AttemptMarkerParts) {
    this.#parts = parts;
  }

  /** Records that an attempt begins. An outcome means that there is nothing to begin, or that it was the last attempt that ended the process. */
  async begin(held: HeldMessage, leases: readonly Lease[]): Promise<Outcome | undefined> {
    const { database, claims, failures, parking, router } = this.#parts;
    const route = routeOf(router, held);
    const step = await database.transaction<Outcome | 'buried' | undefined>(async (tx) => {
      await assertLeases(tx, leases);
      const claim = await claims.look(tx, held);
      if (claim.state === 'blocked') {
        await parking.park(tx, held);
        return SETTLED;
      }
      if (claim.state !== 'new') return undefined;
      const policy = route?.onFailure ?? 'park';
      if (claim.attempts >= mostAttempts(route) && policy !== 'block') {
        const reason = claim.history.at(-1)?.error ?? 'No attempt is left.';
        await failures.bury(tx, held, { ...claim, reason, blocks: policy === 'park' });
        return 'buried';
      }
      const begun = { attempts: claim.attempts + 1, delayMs: 0, history: begunHistory(claim) };
      await failures.recordAttempt(tx, held, begun);
      return undefined;
    });
    return step === 'buried' ? this.#buried(held) : step;
  }

  #buried({ messageId, key, stream, sequence }: HeldMessage): Outcome {
    const { counts, log, wakeRelay } = this.#parts;
    log.error(
      { messageId, key, stream, sequence },
      'Message is a dead letter: it was in flight when its process ended',
    );
    counts.dead++;
    wakeRelay();
    return SETTLED;
  }
}
