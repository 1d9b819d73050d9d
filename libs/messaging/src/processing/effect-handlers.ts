import type { Claim } from '../inbox/claim.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import { attemptNumber } from './attempt.ts';
import { BatchDelivery } from '../routing/batch-delivery.ts';
import { decodeEvent, routeOf, unknownType } from '../routing/decode.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import { Delivery, type EffectScope, type Publishing } from '../routing/delivery.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { roundsOf } from './rounds.ts';
import type { BatchRoute, Route, Router, SingleRoute } from '../routing/router.ts';
import { HandlerAbandoned } from './settlement.ts';
import type { Readings } from './unreadable-messages.ts';

type NewClaim = Extract<Claim, { state: 'new' }>;

/** A message that is to be handled in the open transaction. */
export interface FreshMessage {
  readonly held: ReceivedMessage;
  readonly claim: NewClaim;
}

/** What the handlers of a transaction share. */
export interface HandlerRun {
  readonly scope: EffectScope;
  readonly readings: Readings;
  /** Ends the run between two handlers, with BatchReleased. */
  readonly release?: AbortSignal | undefined;
}

/** The partition of one of the messages goes to another instance, which handles what is rolled back here. */
export class BatchReleased extends HandlerAbandoned {}

const NO_SIGNAL = new AbortController().signal;

/** Calls the transactional and batch handlers of messages that share a transaction. */
export class EffectHandlers {
  readonly #router: Router;
  readonly #publishing: Publishing;

  constructor(parts: { router: Router; service: string; name: string; rules: PublishRules }) {
    this.#router = parts.router;
    this.#publishing = { service: parts.service, consumer: parts.name, rules: parts.rules };
  }

  /**
   * In rounds, so that a key's messages are handled in order although one of them may belong to a batch handler and the
   * next one to another. Rejects with HandlerFailed, whatever a handler threw: whether its transaction still has a connection is
   * for the database to say.
   */
  async run(messages: readonly FreshMessage[], run: HandlerRun): Promise<void> {
    for (const round of roundsOf(messages, ({ held }) => held.key)) {
      const byRoute = Map.groupBy(round, ({ held }) => routeOf(this.#router, held));
      for (const [route, ofRoute] of byRoute) {
        if (route?.kind === 'batch') await this.#together(route, ofRoute, run);
        else for (const message of ofRoute) await this.#single(route, message, run);
      }
    }
  }

  async #single(
    route: SingleRoute | undefined,
    message: FreshMessage,
    { scope, readings, release }: HandlerRun,
  ): Promise<void> {
    unlessReleased(release);
    await failingAs(message, async () => {
      if (route === undefined) throw unknownType(message.held);
      await route.invoke(eventOf(route, message.held, readings), this.#delivery(message, scope));
    });
  }

  async #together(
    route: BatchRoute,
    messages: readonly FreshMessage[],
    { scope, readings, release }: HandlerRun,
  ): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    unlessReleased(release);
    await failingAs(first, async () => {
      const events = messages.map(({ held }) => eventOf(route, held, readings));
      const deliveries = messages.map((message) => this.#delivery(message, scope));
      await route.invoke(events, new BatchDelivery(deliveries, scope.tx));
    });
  }

  #delivery({ held, claim }: FreshMessage, scope: EffectScope): Delivery {
    return new Delivery({
      held,
      attempt: attemptNumber(claim),
      publishing: this.#publishing,
      signal: NO_SIGNAL,
      scope,
    });
  }
}

/** As it was read, once: a handler that runs again must not get what it has changed. */
function eventOf(route: Route, held: ReceivedMessage, readings: Readings): object {
  const event = readings.get(held);
  readings.delete(held);
  if (event instanceof PoisonMessage) throw event;
  return event ?? decodeEvent(route, held);
}

function unlessReleased(release: AbortSignal | undefined): void {
  if (release?.aborted === true) throw new BatchReleased();
}

async function failingAs({ claim }: FreshMessage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new HandlerFailed(cause, claim);
  }
}
