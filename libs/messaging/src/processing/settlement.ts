import {
  DatabaseError,
  isDatabaseUnavailable,
  type ProbedDatabase,
  retryConflicts,
  type SqlDatabase,
  type SqlExecutor,
} from '@orderflow/database';
import type { FailureStore } from '../dead-letter/failure-store.ts';
import type { Claim } from '../inbox/claim.ts';
import { withoutHeaders } from '../message/message-headers.ts';
import type { Log } from '../log/log.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { assertLeases, OwnershipLost } from '../ownership/fence.ts';
import { storable } from '../message/storable-text.ts';
import { decide, type Decision, type Failure, reasonOf } from './failure-decision.ts';

/** How one attempt ended. Only `settled` is acknowledged. */
export type Outcome =
  | { state: 'settled' }
  /** Try again after this long; what comes later for the key waits behind it. */
  | {
      state: 'waiting';
      forMs: number;
      /** Set when what its handler calls is down: the name under which its subscription knows it, or empty. */
      dependency?: string;
    };

/** Of messages that were handled together. One without an outcome is handled again. */
export type Outcomes = ReadonlyMap<ReceivedMessage, Outcome>;

const UNRECORDED_DELAY_MS = 5_000;

export const SETTLED: Outcome = { state: 'settled' };

/** Of a message that is not, or no longer, to be handled. */
export function outcomeOf(claim: Claim): Outcome {
  return claim.state === 'waiting' ? { state: 'waiting', forMs: claim.forMs } : SETTLED;
}

/** Decides what becomes of a message whose handler failed, and records it before anything else happens. */
export class Settlement {
  readonly #database: SqlDatabase;
  readonly #failures: FailureStore;
  readonly #log: Log;
  readonly #counts: MessageCounts;
  readonly #wakeRelay: () => void;

  constructor(parts: {
    database: SqlDatabase;
    failures: FailureStore;
    log: Log;
    counts: MessageCounts;
    wakeRelay: () => void;
  }) {
    this.#database = parts.database;
    this.#failures = parts.failures;
    this.#log = parts.log;
    this.#counts = parts.counts;
    this.#wakeRelay = parts.wakeRelay;
  }

  /**
   * Records the failed attempt, or the dead letter after the last one. Rejects on OwnershipLost and when the database is
   * away: then nothing is settled. What the database refuses to record as it is gets a bare record: the reason, no headers, no
   * history. Should it refuse that as well, only the message's own key is held up.
   */
  async fail(failure: Failure): Promise<Outcome> {
    const decision = decide(failure);
    this.#logFailure(failure, decision);
    try {
      return await this.#record(failure, decision);
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      const { messageId, key } = failure.held;
      this.#log.error({ messageId, key, error }, 'A failure could not be recorded in full');
      return await this.#recordBare(failure, decision, error);
    }
  }

  /** Counts and reports a dead letter whose transaction has committed. */
  announceDead(failure: Failure): void {
    this.#logFailure(failure, decide(failure));
    this.#dead();
  }

  async #recordBare(failure: Failure, decision: Decision, refusal: unknown): Promise<Outcome> {
    const { messageId, key } = failure.held;
    const reason = `${storable(decision.reason, 400)} (could not be recorded in full: ${reasonOf(refusal)})`;
    const bare = { ...failure, held: withoutHeaders(failure.held) };
    try {
      return await this.#record(bare, { ...decision, reason: storable(reason), history: [] });
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      this.#log.error(
        { messageId, key, error },
        'A failure could not be recorded; the message will be tried again',
      );
      return { state: 'waiting', forMs: UNRECORDED_DELAY_MS };
    }
  }

  async #record(failure: Failure, decision: Decision): Promise<Outcome> {
    const { held } = failure;
    const { attempts, history, reason, blocks, delayMs } = decision;
    await this.#transact(failure, async (tx) => {
      if (decision.dead) await this.#failures.deadLetter(tx, held, { reason, attempts, history, blocks });
      else await this.#failures.recordAttempt(tx, held, { attempts, delayMs, history });
    });
    if (decision.dead) {
      this.#dead();
      return SETTLED;
    }
    this.#counts.retried++;
    return { state: 'waiting', forMs: delayMs };
  }

  async #transact({ leases }: Failure, work: (tx: SqlExecutor) => Promise<void>): Promise<void> {
    await retryConflicts(() =>
      this.#database.transaction(async (tx) => {
        await assertLeases(tx, leases);
        await work(tx);
      }),
    );
  }

  #dead(): void {
    this.#counts.dead++;
    this.#wakeRelay();
  }

  #logFailure({ held, error }: Failure, { attempts, dead, reason }: Decision): void {
    const fields = {
      messageId: held.messageId,
      key: held.key,
      stream: held.stream,
      sequence: held.sequence,
      attempt: attempts,
      reason,
      // With its stack, unless it says all there is to say.
      ...(Error.isError(error) && !(error instanceof PoisonMessage) ? { error } : {}),
    };
    if (dead) this.#log.error(fields, 'Message is a dead letter');
    else this.#log.warn(fields, 'Handler failed; the message will be tried again');
  }
}

/** The process stops and no longer waits for the handler. The message comes again elsewhere. */
export class HandlerAbandoned extends Error {
  constructor() {
    super('The process stops; the handler was given up.');
  }
}

/**
 * True when nothing can be decided about a message for now: it must neither be counted nor settled. For errors of the
 * library's own statements and transactions; what a handler threw is a `HandlerFailed`, whatever it looks like.
 */
export function isInfrastructureFailure(error: unknown): boolean {
  return (
    error instanceof OwnershipLost ||
    error instanceof HandlerAbandoned ||
    isDatabaseUnavailable(error) ||
    (error instanceof DatabaseError && error.code === 'OVERLOADED')
  );
}

/** True when the client gave up on a statement. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'NO_ANSWER';
}

/** True when a statement got no answer although the database is well: then it was the work that took too long. */
export async function isOwnDelay(error: unknown, database: ProbedDatabase): Promise<boolean> {
  return isUnanswered(error) && (await database.state()) === 'usable';
}
