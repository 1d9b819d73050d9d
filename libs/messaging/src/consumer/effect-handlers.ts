import type { Claim } from '../inbox/inbox.ts';
import { attemptNumber } from './attempt.ts';
import { BatchDelivery } from './batch-delivery.ts';
import { decodeEvent, routeOf, unknownType } from './decode.ts';
import { Delivery, type EffectScope } from './delivery.ts';
import type { HeldMessage } from './held-message.ts';
import { roundsOf } from './rounds.ts';
import type { BatchRoute, Router, SingleRoute } from './router.ts';
import { HandlerAbandoned, isInfrastructureFailure } from './settlement.ts';

type NewClaim = Extract<Claim, { state: 'new' }>;

/** A message that is to be handled in the open transaction. */
export interface FreshMessage {
  readonly held: HeldMessage;
  readonly claim: NewClaim;
}

/** Carries the claim out of the transaction that is rolled back. Of several messages it does not say which one failed. */
export class HandlerFailed extends Error {
  readonly claim: NewClaim;

  constructor(claim: NewClaim, cause: unknown) {
    super('A handler failed.', { cause });
    this.claim = claim;
  }
}

/** The partition of one of the messages goes to another instance, which handles what is rolled back here. */
export class BatchReleased extends HandlerAbandoned {}

const NO_SIGNAL = new AbortController().signal;

/** Calls the transactional and batch handlers of messages that share a transaction. */
export class EffectHandlers {
  readonly #router: Router;
  readonly #service: string;

  constructor({ router, service }: { router: Router; service: string }) {
    this.#router = router;
    this.#service = service;
  }

  /**
   * In rounds, so that a key's messages are handled in order although one of them may belong to a batch handler and the
   * next one to another. Rejects with HandlerFailed, or as it is with what says nothing about the messages.
   *
   * @param release ends the run between two handlers, with BatchReleased
   */
  async run(messages: readonly FreshMessage[], scope: EffectScope, release?: AbortSignal): Promise<void> {
    for (const round of roundsOf(messages, ({ held }) => held.key)) {
      const byRoute = Map.groupBy(round, ({ held }) => routeOf(this.#router, held));
      for (const [route, ofRoute] of byRoute) {
        if (route?.kind === 'batch') {
          unlessReleased(release);
          await this.#together(route, ofRoute, scope);
          continue;
        }
        for (const message of ofRoute) {
          unlessReleased(release);
          await this.#single(route, message, scope);
        }
      }
    }
  }

  async #single(route: SingleRoute | undefined, message: FreshMessage, scope: EffectScope): Promise<void> {
    await failingAs(message, async () => {
      if (route === undefined) throw unknownType(message.held);
      await route.invoke(decodeEvent(route, message.held), this.#delivery(message, scope));
    });
  }

  async #together(route: BatchRoute, messages: readonly FreshMessage[], scope: EffectScope): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    await failingAs(first, async () => {
      const events = messages.map(({ held }) => decodeEvent(route, held));
      const deliveries = messages.map((message) => this.#delivery(message, scope));
      await route.invoke(events, new BatchDelivery(deliveries, scope.tx));
    });
  }

  #delivery({ held, claim }: FreshMessage, scope: EffectScope): Delivery {
    return new Delivery({
      held,
      attempt: attemptNumber(claim),
      service: this.#service,
      signal: NO_SIGNAL,
      scope,
    });
  }
}

function unlessReleased(release: AbortSignal | undefined): void {
  if (release?.aborted === true) throw new BatchReleased();
}

async function failingAs({ claim }: FreshMessage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (isInfrastructureFailure(cause)) throw cause;
    throw new HandlerFailed(claim, cause);
  }
}
