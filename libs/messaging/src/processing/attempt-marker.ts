import type { SqlDatabase } from '@orderflow/database';
import { appendMessages } from '../deferred/appended-messages.ts';
import type { FailureStore } from '../dead-letter/failure-store.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { ClaimStore } from '../inbox/claim.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import { begunHistory, isBegun, withdrawnHistory } from './attempt.ts';
import { routeOf } from '../routing/decode.ts';
import { mostAttempts } from '../routing/failure-rule.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { FailurePolicy, Route, Router } from '../routing/router.ts';
import { type Outcome, SETTLED } from './settlement.ts';

interface AttemptMarkerParts {
  database: SqlDatabase;
  router: Router;
  claims: ClaimStore;
  failures: FailureStore;
  /** As in the inbox. */
  consumer: string;
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/** What is to be done with a message that may have ended its process. */
export type Verdict =
  | Outcome
  /** Still to be handled. It failed so often. `begun`: one of these times it ran alone when a process ended. */
  | { readonly state: 'new'; readonly attempts: number; readonly begun: boolean };

/**
 * Counts an attempt before it begins. Used for messages that were in flight when their process ended, while nothing else
 * runs: one of them may have ended it, and would do so for ever if only attempts that return were counted.
 */
export class AttemptMarker {
  readonly #parts: AttemptMarkerParts;
  /** Recorded as begun by this process, which goes on: they are not counted again. */
  readonly #begun = new WeakSet<ReceivedMessage>();

  constructor(parts: AttemptMarkerParts) {
    this.#parts = parts;
  }

  /** Looks without counting anything. */
  async vet(held: ReceivedMessage, leases: readonly Lease[]): Promise<Verdict> {
    return await this.#parts.database.transaction<Verdict>(async (tx) => {
      await assertLeases(tx, leases);
      const claim = await this.#parts.claims.peek(tx, held);
      if (claim.state === 'waiting') return { state: 'waiting', forMs: claim.forMs };
      if (claim.state !== 'new') return SETTLED;
      return { state: 'new', attempts: claim.attempts, begun: isBegun(claim) };
    });
  }

  /** Runs a message with its attempt counted before it begins. Nothing else of this process may run beside it. */
  async count(
    held: ReceivedMessage,
    leases: readonly Lease[],
    work: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const early = await this.#begin(held, leases);
    if (early !== undefined) return early;
    let outcome: Outcome | undefined;
    try {
      outcome = await work();
      return outcome;
    } finally {
      if (outcome?.state !== 'settled') await this.#withdraw(held, leases);
    }
  }

  /**
   * Takes the begun attempt back if the message neither took effect nor failed: its dependency was down, or it was given
   * up. Does not reject: if the database is away, the attempt is at least not counted again by this process.
   */
  async #withdraw(held: ReceivedMessage, leases: readonly Lease[]): Promise<void> {
    try {
      await this.#takeBack(held, leases);
    } catch (error) {
      const { messageId } = held;
      this.#parts.log.debug({ messageId, error: String(error) }, 'A begun attempt could not be taken back');
    }
  }

  async #takeBack(held: ReceivedMessage, leases: readonly Lease[]): Promise<void> {
    const { database, claims, failures } = this.#parts;
    await database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      const claim = await claims.peek(tx, held);
      if (claim.state !== 'new' || !isBegun(claim)) return;
      const attempts = claim.attempts - 1;
      await failures.recordAttempt(tx, held, { attempts, delayMs: 0, history: withdrawnHistory(claim) });
    });
    this.#begun.delete(held);
  }

  /** Records that an attempt begins. An outcome means that there is nothing to begin, or that it was the last attempt that ended the process. */
  async #begin(held: ReceivedMessage, leases: readonly Lease[]): Promise<Outcome | undefined> {
    const { database, claims, failures, consumer, router } = this.#parts;
    const route = routeOf(router, held);
    const step = await database.transaction<Outcome | 'dead-lettered' | undefined>(async (tx) => {
      await assertLeases(tx, leases);
      const claim = await claims.peek(tx, held);
      if (claim.state === 'blocked') {
        await appendMessages(tx, consumer, [held]);
        return SETTLED;
      }
      if (claim.state !== 'new') return undefined;
      if (this.#begun.has(held) && isBegun(claim)) return undefined;
      if (isExhausted(claim, route)) {
        const reason = claim.history.at(-1)?.error ?? 'No attempt is left.';
        await failures.deadLetter(tx, held, { ...claim, reason, blocks: policyOf(route) === 'park' });
        return 'dead-lettered';
      }
      const begun = { attempts: claim.attempts + 1, delayMs: 0, history: begunHistory(claim) };
      await failures.recordAttempt(tx, held, begun);
      return undefined;
    });
    if (step === undefined) this.#begun.add(held);
    return step === 'dead-lettered' ? this.#deadLettered(held) : step;
  }

  #deadLettered({ messageId, key, stream, sequence }: ReceivedMessage): Outcome {
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

function isExhausted({ attempts }: { attempts: number }, route: Route | undefined): boolean {
  return attempts >= mostAttempts(route) && policyOf(route) !== 'block';
}

function policyOf(route: Route | undefined): FailurePolicy {
  return route?.onFailure ?? 'park';
}
