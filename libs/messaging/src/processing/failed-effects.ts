import { type Failed, isDatabaseUnavailable, type ProbedDatabase } from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import type { Decisions } from './decisions.ts';
import { BatchReleased } from './effect-handlers.ts';
import { HandlerFailed, thrownBy } from './handler-failed.ts';
import type { RoutedMessage } from './routed-message.ts';
import {
  isInfrastructureFailure,
  isUnanswered,
  type Outcome,
  outcomeOf,
  type Settlement,
} from './settlement.ts';

interface FailedEffectsParts {
  database: ProbedDatabase;
  claims: ClaimStore;
  settlement: Settlement;
}

/** Alone, and with the database well: nobody else waits for it. */
const CONNECTION_LOST: Outcome = { state: 'waiting', forMs: 250 };

/** Decides what becomes of messages whose transaction was rolled back. */
export class FailedEffects {
  readonly #parts: FailedEffectsParts;

  constructor(parts: FailedEffectsParts) {
    this.#parts = parts;
  }

  /** Of several messages any may be to blame. Throws when the failure says nothing about them: then nothing is decided. */
  async decide(
    messages: readonly RoutedMessage[],
    { error, leases, decisions }: { error: unknown; leases: readonly Lease[]; decisions: Decisions },
  ): Promise<Failed> {
    if (error instanceof BatchReleased) return 'decided';
    if (!(error instanceof HandlerFailed) && (await this.#decidesNothing(error))) throw error;
    const [message, ...others] = messages;
    if (message === undefined || others.length > 0) return 'halve';
    decisions.add(message.held, await this.#outcomeOf(message, leases, error));
    return 'decided';
  }

  async #outcomeOf(message: RoutedMessage, leases: readonly Lease[], error: unknown): Promise<Outcome> {
    const { held, route } = message;
    if (!(error instanceof HandlerFailed) && isConnectionLost(error)) return CONNECTION_LOST;
    const known = error instanceof HandlerFailed ? error.claim : undefined;
    const claim = known ?? (await this.#peek(held, leases));
    if (claim.state !== 'new') return outcomeOf(claim);
    return await this.#parts.settlement.fail({ held, leases, error: thrownBy(error), claim, route });
  }

  /**
   * A connection that was lost while the database is well may have been lost by what one of the messages does: then it must
   * not take its neighbours with it each time.
   */
  async #decidesNothing(error: unknown): Promise<boolean> {
    if (!isDatabaseUnavailable(error)) return isInfrastructureFailure(error);
    return (await this.#parts.database.state()) !== 'usable';
  }

  /** The failure came from outside of the handler: from its events, or from a constraint that is checked at COMMIT. */
  async #peek(held: ReceivedMessage, leases: readonly Lease[]): Promise<Claim> {
    const { database, claims } = this.#parts;
    return await database.transaction(async (tx) => {
      await assertLeases(tx, leases);
      return await claims.peek(tx, held);
    });
  }
}

/** Not by a statement that took too long: that is the message's own failure. */
function isConnectionLost(error: unknown): boolean {
  return isDatabaseUnavailable(error) && !isUnanswered(error);
}
