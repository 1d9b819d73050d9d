import type { ProbedDatabase } from '@orderflow/database';
import type { ClaimStore } from '../inbox/claim.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import { decodeEvent, routeOf, unknownType } from '../routing/decode.ts';
import { decide, type Failure } from './failure-decision.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Router } from '../routing/router.ts';
import type { FailureStore } from '../dead-letter/failure-store.ts';
import { type Outcome, SETTLED, type Settlement } from './settlement.ts';

interface UnreadableMessagesParts {
  database: ProbedDatabase;
  router: Router;
  claims: ClaimStore;
  failures: FailureStore;
  settlement: Settlement;
}

/** What a message's body is, read once: its event, or why it has none. */
export type Readings = Map<ReceivedMessage, object>;

/**
 * Dead letters of messages that no handler can read: a wrong body or an unknown type. Found before any handler runs and kept
 * together, in one transaction, so that a flood of them costs the others little.
 */
export class UnreadableMessages {
  readonly #parts: UnreadableMessagesParts;

  constructor(parts: UnreadableMessagesParts) {
    this.#parts = parts;
  }

  /** Reads each message. The handlers need not do it again. */
  read(messages: readonly ReceivedMessage[]): Readings {
    return new Map(messages.map((held) => [held, this.#reading(held)]));
  }

  /**
   * Of each key the first message, if it cannot be read: what is before one must take effect before its key is parked.
   * Without those whose subscription blocks: they are tried for ever.
   */
  firstOf(messages: readonly ReceivedMessage[], readings: Readings): ReceivedMessage[] {
    const firsts = new Map<string, ReceivedMessage>();
    for (const held of messages) if (!firsts.has(held.key)) firsts.set(held.key, held);
    return [...firsts.values()].filter(
      (held) =>
        readings.get(held) instanceof PoisonMessage &&
        routeOf(this.#parts.router, held)?.onFailure !== 'block',
    );
  }

  /** Keeps messages of different keys. If one of them cannot be recorded none is. */
  async deadLetter(
    messages: readonly ReceivedMessage[],
    readings: Readings,
    leases: readonly Lease[],
  ): Promise<Map<ReceivedMessage, Outcome>> {
    const { database, claims, failures, settlement, router } = this.#parts;
    const outcomes = new Map<ReceivedMessage, Outcome>();
    const dead: Failure[] = [];
    await database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      const found = await claims.peekAll(tx, messages);
      for (const [index, held] of messages.entries()) {
        const claim = found[index];
        // Taken for seen it would be acknowledged without a trace.
        if (claim === undefined) throw new TypeError('The inbox gave fewer answers than there are messages.');
        outcomes.set(held, claim.state === 'waiting' ? { state: 'waiting', forMs: claim.forMs } : SETTLED);
        if (claim.state !== 'new') continue;
        const failure = { held, leases, error: readings.get(held), claim, route: routeOf(router, held) };
        const { reason, attempts, history, blocks } = decide(failure);
        await failures.deadLetter(tx, held, { reason, attempts, history, blocks });
        dead.push(failure);
      }
    });
    for (const failure of dead) settlement.announceDead(failure);
    return outcomes;
  }

  /** What is thrown for a reason of its own is met again, and told, where the message is handled. */
  #reading(held: ReceivedMessage): object {
    const route = routeOf(this.#parts.router, held);
    if (route === undefined) return unknownType(held);
    try {
      return decodeEvent(route, held);
    } catch (error) {
      return error instanceof PoisonMessage
        ? error
        : new PoisonMessage('The message cannot be read.', { cause: error });
    }
  }
}
