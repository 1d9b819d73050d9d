import {
  isDatabaseUnavailable,
  isTransactionConflict,
  type ProbedDatabase,
  type Transaction,
} from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import { routeOf } from '../routing/decode.ts';
import { BatchReleased, EffectHandlers, type FreshMessage } from './effect-handlers.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Router } from '../routing/router.ts';
import type { FailureStore } from '../dead-letter/failure-store.ts';
import {
  isInfrastructureFailure,
  isUnanswered,
  type Outcome,
  SETTLED,
  type Settlement,
} from './settlement.ts';
import { type Readings, UnreadableMessages } from './unreadable-messages.ts';

export interface EffectRunnerParts {
  service: string;
  name: string;
  rules: PublishRules;
  database: ProbedDatabase;
  router: Router;
  claims: ClaimStore;
  failures: FailureStore;
  settlement: Settlement;
  wakeRelay: () => void;
}

export interface Batch {
  /** In order within each key. */
  messages: readonly ReceivedMessage[];
  /** One for each partition in the batch. */
  leases: readonly Lease[];
  /** Ends the batch between two handlers: nothing of it is kept. */
  release?: AbortSignal | undefined;
}

interface ReadBatch extends Batch {
  readonly readings: Readings;
}

const CONFLICT_TRIES = 5;
/** Alone, and with the database well: nobody else waits for it. */
const CONNECTION_LOST: Outcome = { state: 'waiting', forMs: 250 };

/**
 * Handles messages of transactional and batch handlers: fence, inbox, handlers and events in one transaction for the whole batch.
 * The common case pays no savepoints; if anything fails the transaction is rolled back and the messages are run in halves, down to the one that fails.
 */
export class EffectRunner {
  readonly #parts: EffectRunnerParts;
  readonly #handlers: EffectHandlers;
  readonly #unreadable: UnreadableMessages;

  constructor(parts: EffectRunnerParts) {
    this.#parts = parts;
    this.#handlers = new EffectHandlers(parts);
    this.#unreadable = new UnreadableMessages(parts);
  }

  /**
   * Runs until each message is settled or has to wait; a key's messages behind a waiting one have no outcome.
   * Rejects on OwnershipLost and when the database is away: then nothing more is decided.
   */
  async run(batch: Batch): Promise<Map<ReceivedMessage, Outcome>> {
    const readings = this.#unreadable.read(batch.messages);
    const outcomes = new Map<ReceivedMessage, Outcome>();
    let { messages } = batch;
    for (;;) {
      const unreadable = this.#unreadable.firstOf(messages, readings);
      if (unreadable.length === 0) break;
      const deadLettered = await this.#deadLetter(unreadable, readings, batch.leases);
      if (deadLettered === undefined) break;
      for (const [held, outcome] of deadLettered) outcomes.set(held, outcome);
      messages = behind(messages, deadLettered);
    }
    if (messages.length === 0) return outcomes;
    return new Map([...outcomes, ...(await this.#run({ ...batch, messages, readings }))]);
  }

  /** Undefined when one of them could not be recorded: each is then settled by itself, with less of it recorded if need be. */
  async #deadLetter(
    unreadable: readonly ReceivedMessage[],
    readings: Readings,
    leases: readonly Lease[],
  ): Promise<Map<ReceivedMessage, Outcome> | undefined> {
    try {
      return await this.#unreadable.deadLetter(unreadable, readings, leases);
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      return undefined;
    }
  }

  async #run(batch: ReadBatch): Promise<Map<ReceivedMessage, Outcome>> {
    try {
      return await this.#transact(batch);
    } catch (error) {
      if (!(error instanceof HandlerFailed) && (await this.#decidesNothing(error))) throw error;
      if (batch.messages.length > 1) return await this.#runHalves(batch);
      return await this.#retryOrFail(batch, error);
    }
  }

  /**
   * The first half, then the second, each in the same way: the failing message is found alone after a few transactions,
   * and not one for each of its neighbours. What comes later for a key that has to wait is left where it is.
   */
  async #runHalves(batch: ReadBatch): Promise<Map<ReceivedMessage, Outcome>> {
    const { messages } = batch;
    const middle = Math.ceil(messages.length / 2);
    const outcomes = await this.#run({ ...batch, messages: messages.slice(0, middle) });
    const held = messages.slice(0, middle).filter((message) => outcomes.get(message)?.state !== 'settled');
    const waiting = new Set(held.map((message) => message.key));
    const rest = messages.slice(middle).filter((message) => !waiting.has(message.key));
    if (rest.length === 0) return outcomes;
    return new Map([...outcomes, ...(await this.#runRest({ ...batch, messages: rest }))]);
  }

  /** What the first half has come to is committed, and must be known even if the partition is released now. */
  async #runRest(batch: ReadBatch): Promise<Map<ReceivedMessage, Outcome>> {
    try {
      return await this.#run(batch);
    } catch (error) {
      if (error instanceof BatchReleased) return new Map();
      throw error;
    }
  }

  /**
   * A connection that was lost while the database is well may have been lost by what one of the messages does: then it must
   * not take its neighbours with it each time.
   */
  async #decidesNothing(error: unknown): Promise<boolean> {
    if (!isDatabaseUnavailable(error)) return isInfrastructureFailure(error);
    return (await this.#parts.database.state()) !== 'usable';
  }

  async #retryOrFail(batch: ReadBatch, first: unknown): Promise<Map<ReceivedMessage, Outcome>> {
    let error = first;
    for (let tries = 1; isTransactionConflict(thrownBy(error)) && tries < CONFLICT_TRIES; tries++) {
      try {
        return await this.#transact(batch);
      } catch (next) {
        error = next;
      }
    }
    const [held] = batch.messages;
    if (held === undefined) throw error;
    const known = error instanceof HandlerFailed ? error.claim : undefined;
    if (!(error instanceof HandlerFailed)) {
      if (await this.#decidesNothing(error)) throw error;
      if (isConnectionLost(error)) return new Map([[held, CONNECTION_LOST]]);
    }
    const claim = known ?? (await this.#peek(held, batch.leases));
    if (claim.state !== 'new') return new Map([[held, outcomeOf(claim)]]);
    const outcome = await this.#parts.settlement.fail({
      held,
      leases: batch.leases,
      error: thrownBy(error),
      claim,
      route: routeOf(this.#parts.router, held),
    });
    return new Map([[held, outcome]]);
  }

  /** The failure came from outside of the handler: from its events, or from a constraint that is checked at COMMIT. */
  async #peek(held: ReceivedMessage, leases: readonly Lease[]): Promise<Claim> {
    const { database, claims } = this.#parts;
    return await database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      return await claims.peek(tx, held);
    });
  }

  async #transact(batch: ReadBatch): Promise<Map<ReceivedMessage, Outcome>> {
    const published: OutboxRow[] = [];
    const outcomes = await this.#parts.database.transaction(async (tx) => {
      await assertLeases(tx, batch.leases);
      const claims = await this.#parts.claims.claim(tx, batch.messages);
      const result = await this.#apply(tx, { batch, claims, published });
      await insertOutboxRows(tx, published);
      return result;
    });
    if (published.length > 0) this.#parts.wakeRelay();
    return outcomes;
  }

  async #apply(
    tx: Transaction,
    work: { batch: ReadBatch; claims: readonly Claim[]; published: OutboxRow[] },
  ): Promise<Map<ReceivedMessage, Outcome>> {
    const outcomes = new Map<ReceivedMessage, Outcome>();
    const fresh: FreshMessage[] = [];
    for (const [index, held] of work.batch.messages.entries()) {
      const claim = work.claims[index];
      // Taken for seen it would be acknowledged without its effect.
      if (claim === undefined) throw new TypeError('The inbox gave fewer claims than there are messages.');
      if (claim.state === 'new') fresh.push({ held, claim });
      outcomes.set(held, outcomeOf(claim));
    }
    const { readings, release } = work.batch;
    await this.#handlers.run(fresh, {
      scope: { tx: tx.plain, published: work.published },
      readings,
      release,
    });
    const retried = fresh.filter(({ claim }) => claim.attempts > 0);
    await this.#parts.claims.forgetAttempts(
      tx,
      retried.map(({ held }) => held),
    );
    return outcomes;
  }
}

/** What comes later for a key that has to wait, or whose message was just kept, is looked at with what is left. */
function behind(
  messages: readonly ReceivedMessage[],
  decided: ReadonlyMap<ReceivedMessage, Outcome>,
): ReceivedMessage[] {
  const waiting = new Set(
    [...decided].filter(([, outcome]) => outcome.state === 'waiting').map(([held]) => held.key),
  );
  return messages.filter((held) => !decided.has(held) && !waiting.has(held.key));
}

/** Not by a statement that took too long: that is the message's own failure. */
function isConnectionLost(error: unknown): boolean {
  return isDatabaseUnavailable(error) && !isUnanswered(error);
}

function thrownBy(error: unknown): unknown {
  return error instanceof HandlerFailed ? error.cause : error;
}

/** Of a message that is not, or no longer, to be handled. */
function outcomeOf(claim: Claim): Outcome {
  return claim.state === 'waiting' ? { state: 'waiting', forMs: claim.forMs } : SETTLED;
}
