import {
  isDatabaseUnavailable,
  isTransactionConflict,
  type SqlDatabase,
  type SqlExecutor,
} from '@orderflow/database';
import type { Burial } from '../dead-letter/dead-letter-row.ts';
import type { AttemptRecord, Claim } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { PoisonMessage } from '../messaging-error.ts';
import type { MessageCounts } from '../metrics/message-counts.ts';
import { assertLeases, type Lease, OwnershipLost } from '../ownership/fence.ts';
import { storable } from '../text.ts';
import { attemptNumber, finishedHistory } from './attempt.ts';
import { DependencyDown } from './breaker.ts';
import type { HeldMessage } from './held-message.ts';
import { inspect } from 'node:util';
import { DEFAULT_RETRY, retryDelayMs } from './retry-policy.ts';
import type { Route } from './router.ts';

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

const UNRECORDED_DELAY_MS = 5_000;

export const SETTLED: Outcome = { state: 'settled' };

export interface Failure {
  held: HeldMessage;
  /** The right to decide its fate; none for shared handling. */
  leases: readonly Lease[];
  error: unknown;
  claim: Extract<Claim, { state: 'new' }>;
  /** Undefined when no handler knows the message. */
  route: Route | undefined;
}

export interface FailedAttempt {
  /** Failed so far, this one included. */
  attempts: number;
  /** Until the next one. */
  delayMs: number;
  history: readonly AttemptRecord[];
}

/** Where failures are recorded: beside the inbox for messages of a stream, in their row for parked ones. */
export interface FailureStore {
  recordAttempt(tx: SqlExecutor, held: HeldMessage, attempt: FailedAttempt): Promise<void>;
  bury(
    tx: SqlExecutor,
    held: HeldMessage,
    burial: Omit<Burial, 'deaths'> & { blocks: boolean },
  ): Promise<void>;
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
   * away: then nothing is settled. A failure that the database refuses to record holds up its own key only.
   */
  async fail(failure: Failure): Promise<Outcome> {
    try {
      return await this.#record(failure);
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      const { messageId, key } = failure.held;
      this.#log.error(
        { messageId, key, error },
        'A failure could not be recorded; the message will be tried again',
      );
      return { state: 'waiting', forMs: UNRECORDED_DELAY_MS };
    }
  }

  async #record(failure: Failure): Promise<Outcome> {
    const { held, error, claim, route } = failure;
    const retry = route?.retry ?? DEFAULT_RETRY;
    const policy = route?.onFailure ?? 'park';
    const attempts = attemptNumber(claim);
    const reason = reasonOf(error);
    const history = finishedHistory(claim, reason);
    const exhausted = error instanceof PoisonMessage || attempts >= retry.maxAttempts;
    const dead = exhausted && policy !== 'block';
    this.#logFailure(held, { attempts, dead, error });
    if (dead) return await this.#bury(failure, { reason, attempts, history, blocks: policy === 'park' });
    const delayMs = retryDelayMs(retry, attempts, Math.random());
    await this.#database.transaction(async (tx) => {
      await assertLeases(tx, failure.leases);
      await this.#failures.recordAttempt(tx, held, { attempts, delayMs, history });
    });
    this.#counts.retried++;
    return { state: 'waiting', forMs: delayMs };
  }

  async #bury(
    { held, leases }: Failure,
    burial: Omit<Burial, 'deaths'> & { blocks: boolean },
  ): Promise<Outcome> {
    await this.#database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      await this.#failures.bury(tx, held, burial);
    });
    this.#counts.dead++;
    this.#wakeRelay();
    return SETTLED;
  }

  #logFailure(held: HeldMessage, failure: { attempts: number; dead: boolean; error: unknown }): void {
    const fields = {
      messageId: held.messageId,
      key: held.key,
      stream: held.stream,
      sequence: held.sequence,
      attempt: failure.attempts,
      reason: reasonOf(failure.error),
      // With its stack, unless it says all there is to say.
      ...(Error.isError(failure.error) && !(failure.error instanceof PoisonMessage)
        ? { error: failure.error }
        : {}),
    };
    if (failure.dead) this.#log.error(fields, 'Message is a dead letter');
    else this.#log.warn(fields, 'Handler failed; the message will be tried again');
  }
}

/** The process stops and no longer waits for the handler. The message comes again elsewhere. */
export class HandlerAbandoned extends Error {
  constructor() {
    super('The process stops; the handler was given up.');
  }
}

/** True when the failure says nothing about the message: it must neither be counted nor settled. */
export function isInfrastructureFailure(error: unknown): boolean {
  return (
    error instanceof OwnershipLost ||
    error instanceof HandlerAbandoned ||
    error instanceof DependencyDown ||
    isDatabaseUnavailable(error) ||
    isTransactionConflict(error)
  );
}

function reasonOf(error: unknown): string {
  if (Error.isError(error)) return storable(error.message === '' ? error.name : error.message);
  return storable(`Thrown value that is no Error: ${inspect(error, { depth: 2, breakLength: Infinity })}`);
}
