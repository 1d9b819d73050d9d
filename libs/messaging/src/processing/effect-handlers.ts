import type { Transaction } from '@orderflow/database';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { BatchDelivery } from '../routing/batch-delivery.ts';
import { unknownType } from '../routing/decode.ts';
import { Delivery, type Publishing } from '../routing/delivery.ts';
import type { EffectScope } from '../routing/effect-scope.ts';
import type { BatchRoute, SingleRoute } from '../routing/router.ts';
import { attemptNumber } from './attempt.ts';
import type { Claimed, NewClaim } from './claim-all.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { RoutedMessage } from './routed-message.ts';
import { roundsOf } from './rounds.ts';

/** A message that is to be handled in the open transaction. */
interface FreshMessage {
  readonly message: RoutedMessage;
  readonly claim: NewClaim;
}

/** The partition of one of the messages goes to another instance, which handles what is rolled back here. */
export class BatchReleased extends Error {}

const NO_SIGNAL = new AbortController().signal;

/** Calls the transactional and batch handlers of messages that share a transaction. */
export class EffectHandlers {
  readonly #publishing: Publishing;

  constructor(publishing: Publishing) {
    this.#publishing = publishing;
  }

  /**
   * Handles those that are new, and returns what their handlers publish. In rounds, so that a key's messages are handled in
   * order although one of them may belong to a batch handler and the next one to another.
   *
   * @param release ends it between two handlers, with BatchReleased
   * @throws HandlerFailed, whatever a handler threw: whether its transaction still has a connection is for the database to say
   */
  async handle(
    tx: Transaction,
    claimed: readonly Claimed<RoutedMessage>[],
    release: AbortSignal | undefined,
  ): Promise<OutboxRow[]> {
    const scope: EffectScope = { tx: tx.plain, published: [] };
    for (const round of roundsOf(freshOf(claimed), ({ message }) => message.held.key)) {
      for (const [route, ofRoute] of Map.groupBy(round, ({ message }) => message.route)) {
        if (route?.kind === 'batch') {
          unlessReleased(release);
          await this.#together(route, ofRoute, scope);
          continue;
        }
        for (const fresh of ofRoute) {
          unlessReleased(release);
          await this.#single(route, fresh, scope);
        }
      }
    }
    return scope.published;
  }

  async #single(route: SingleRoute | undefined, fresh: FreshMessage, scope: EffectScope): Promise<void> {
    const { message, claim } = fresh;
    await failingAs(claim, async () => {
      if (route === undefined) throw unknownType(message.held);
      await route.invoke(message.takeEvent(), this.#delivery(fresh, scope));
    });
  }

  async #together(route: BatchRoute, messages: readonly FreshMessage[], scope: EffectScope): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    await failingAs(first.claim, async () => {
      const events = messages.map(({ message }) => message.takeEvent());
      const deliveries = messages.map((message) => this.#delivery(message, scope));
      await route.invoke(events, new BatchDelivery(deliveries, scope.tx));
    });
  }

  #delivery({ message, claim }: FreshMessage, scope: EffectScope): Delivery {
    return new Delivery({
      held: message.held,
      attempt: attemptNumber(claim),
      publishing: this.#publishing,
      signal: NO_SIGNAL,
      scope,
    });
  }
}

function freshOf(claimed: readonly Claimed<RoutedMessage>[]): FreshMessage[] {
  return claimed.flatMap(({ item, claim }) => (claim.state === 'new' ? [{ message: item, claim }] : []));
}

function unlessReleased(release: AbortSignal | undefined): void {
  if (release?.aborted === true) throw new BatchReleased();
}

async function failingAs(claim: NewClaim, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new HandlerFailed(cause, claim);
  }
}
