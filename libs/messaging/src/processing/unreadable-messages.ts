import type { ProbedDatabase } from '@orderflow/database';
import type { FailureStore } from '../dead-letter/failure-store.ts';
import type { ClaimStore } from '../inbox/claim.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import type { Decisions } from './decisions.ts';
import { decide, type Failure } from './failure-decision.ts';
import type { RoutedMessage } from './routed-message.ts';
import {
  isInfrastructureFailure,
  type Outcome,
  outcomeOf,
  type Outcomes,
  type Settlement,
} from './settlement.ts';

interface UnreadableMessagesParts {
  database: ProbedDatabase;
  claims: ClaimStore;
  failures: FailureStore;
  settlement: Settlement;
}

/**
 * Dead letters of messages that no handler can read: a wrong body or an unknown type. Found before any handler runs and kept
 * together, in one transaction, so that a flood of them costs the others little.
 */
export class UnreadableMessages {
  readonly #parts: UnreadableMessagesParts;

  constructor(parts: UnreadableMessagesParts) {
    this.#parts = parts;
  }

  /**
   * Reads each message; the handlers need not do it again. Decides about those that cannot be read, as long as they can be
   * recorded together: otherwise each is settled by itself, with less of it recorded if need be.
   */
  async deadLetter(
    messages: readonly RoutedMessage[],
    leases: readonly Lease[],
    decisions: Decisions,
  ): Promise<void> {
    if (messages.filter(isUnreadable).length === 0) return;
    for (;;) {
      const firsts = firstOfEachKey(messages.filter(({ held }) => decisions.isOpen(held)));
      const dead = firsts.filter((message) => isUnreadable(message) && message.route?.onFailure !== 'block');
      if (dead.length === 0) return;
      try {
        const outcomes = await this.#deadLetter(dead, leases);
        for (const [held, outcome] of outcomes) decisions.add(held, outcome);
      } catch (error) {
        if (isInfrastructureFailure(error)) throw error;
        return;
      }
    }
  }

  /** Keeps messages of different keys. If one of them cannot be recorded none is. */
  async #deadLetter(messages: readonly RoutedMessage[], leases: readonly Lease[]): Promise<Outcomes> {
    const { database, claims, failures, settlement } = this.#parts;
    const outcomes = new Map<ReceivedMessage, Outcome>();
    const dead: Failure[] = [];
    await database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      const found = await claims.peekAll(
        tx,
        messages.map(({ held }) => held),
      );
      for (const [index, { held, route, unreadable }] of messages.entries()) {
        const claim = found[index];
        // Taken for seen it would be acknowledged without a trace.
        if (claim === undefined) throw new TypeError('The inbox gave fewer answers than there are messages.');
        outcomes.set(held, outcomeOf(claim));
        if (claim.state !== 'new') continue;
        const failure = { held, leases, error: unreadable, claim, route };
        const { reason, attempts, history, blocks } = decide(failure);
        await failures.deadLetter(tx, held, { reason, attempts, history, blocks });
        dead.push(failure);
      }
    });
    for (const failure of dead) settlement.announceDead(failure);
    return outcomes;
  }
}

function isUnreadable(message: RoutedMessage): boolean {
  return message.unreadable !== undefined;
}

/** What is before an unreadable message must take effect before its key is parked. */
function firstOfEachKey(messages: readonly RoutedMessage[]): RoutedMessage[] {
  const firsts = new Map<string, RoutedMessage>();
  for (const message of messages) if (!firsts.has(message.held.key)) firsts.set(message.held.key, message);
  return [...firsts.values()];
}
