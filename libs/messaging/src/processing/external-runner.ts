import type { ProbedDatabase } from '@orderflow/database';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { Lease } from '../ownership/fence.ts';
import { attemptNumber } from './attempt.ts';
import { type Breaker, type Breakers, DependencyDown } from './breaker.ts';
import { decodeEvent, routeOf, unknownType } from '../routing/decode.ts';
import { Delivery, type EffectScope } from '../routing/delivery.ts';
import { judge } from '../routing/failure-rule.ts';
import { AlreadyHandled, GroupEffect, NoLongerReady } from './group-effect.ts';
import { GroupPeek } from './group-peek.ts';
import { HandlerFailed } from './handler-failed.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Route, Router } from '../routing/router.ts';
import {
  HandlerAbandoned,
  isInfrastructureFailure,
  isOwnDelay,
  type Outcome,
  SETTLED,
  type Settlement,
} from './settlement.ts';
import { SingleCommit, untilAborted } from './single-commit.ts';

type NewClaim = Extract<Claim, { state: 'new' }>;

export interface ExternalRunnerParts {
  service: string;
  name: string;
  rules: PublishRules;
  database: ProbedDatabase;
  router: Router;
  claims: ClaimStore;
  settlement: Settlement;
  breakers: Breakers;
  /** Aborted when the process gives up waiting for handlers. */
  stop: AbortSignal;
  wakeRelay: () => void;
}

interface Attempt {
  held: ReceivedMessage;
  leases: readonly Lease[];
  claim: NewClaim;
}

const LOOK_AGAIN_MS = 100;

/** Handles messages of external handlers: no transaction is open while the handler calls the world. */
export class ExternalRunner {
  readonly #parts: ExternalRunnerParts;
  readonly #peek: GroupPeek;
  readonly #effects: GroupEffect;

  constructor(parts: ExternalRunnerParts) {
    this.#parts = parts;
    this.#peek = new GroupPeek(parts);
    this.#effects = new GroupEffect(parts);
  }

  /** Rejects on OwnershipLost and when the database is away: then nothing is decided. While a dependency is down, attempts are not used up. */
  async run(held: ReceivedMessage, leases: readonly Lease[]): Promise<Outcome> {
    const { router, breakers } = this.#parts;
    const { dependency = '' } = routeOf(router, held) ?? {};
    const breaker = breakers.of(dependency);
    const admission = breaker.admit();
    if (admission.waitMs > 0) return { state: 'waiting', forMs: admission.waitMs, dependency };
    try {
      return await this.#handle(held, leases, breaker);
    } catch (error) {
      if (!(error instanceof DependencyDown)) throw error;
      // By the name that the subscription has for it: messages that wait are looked for by that.
      return { state: 'waiting', forMs: breaker.trip(admission), dependency };
    } finally {
      breaker.leave(admission);
    }
  }

  async #handle(held: ReceivedMessage, leases: readonly Lease[], breaker: Breaker): Promise<Outcome> {
    const claim = await this.#peek.at(held, leases);
    if (claim.state === 'waiting') return { state: 'waiting', forMs: claim.forMs };
    if (claim.state !== 'new') return SETTLED;
    try {
      await this.#attempt({ held, leases, claim });
      breaker.reset();
      return SETTLED;
    } catch (error) {
      if (error instanceof AlreadyHandled) return SETTLED;
      if (error instanceof NoLongerReady) return { state: 'waiting', forMs: LOOK_AGAIN_MS };
      return await this.#fail({ held, leases, claim }, error);
    }
  }

  /** Rejects with DependencyDown when the handler, or a rule of its subscription, says that this is what the failure means. */
  async #fail({ held, leases, claim }: Attempt, failure: unknown): Promise<Outcome> {
    const { router, settlement, database } = this.#parts;
    const own = failure instanceof HandlerFailed;
    if (!own && isInfrastructureFailure(failure) && !(await isOwnDelay(failure, database))) throw failure;
    const error = own ? failure.cause : failure;
    if (own && error instanceof DependencyDown) throw error;
    const route = routeOf(router, held);
    if (judge(error, route).do === 'defer')
      throw new DependencyDown(route?.dependency ?? 'what the handler calls', { cause: error });
    return await settlement.fail({ held, leases, error, claim, route });
  }

  async #attempt(attempt: Attempt): Promise<void> {
    const { held, claim } = attempt;
    const route = routeOf(this.#parts.router, held);
    if (route?.kind !== 'external') throw new HandlerFailed(unknownType(held));
    const event = decoded(route, held);
    const signal = AbortSignal.any([AbortSignal.timeout(route.timeoutMs), this.#parts.stop]);
    const commit = new SingleCommit((work) => this.#commit(attempt, work), signal);
    const { service, name: consumer, rules } = this.#parts;
    const delivery = new Delivery({
      held,
      attempt: attemptNumber(claim),
      publishing: { service, consumer, rules },
      signal,
      transact: commit.transact,
    });
    try {
      await untilAborted(route.invoke(event, delivery), { signal, stop: this.#parts.stop, route });
    } catch (error) {
      // What has been committed cannot be tried again; the handler failed after the point that counts.
      if (await commit.close().catch(unlessUndecided)) return;
      throw error instanceof HandlerAbandoned ? error : new HandlerFailed(error);
    }
    // A handler with nothing to store still has to leave the mark that it ran.
    if (!(await commit.close())) await this.#commit(attempt, () => Promise.resolve());
  }

  async #commit<T>({ held, leases, claim }: Attempt, work: (scope: EffectScope) => Promise<T>): Promise<T> {
    return await this.#effects.commit({ held, leases, retried: claim.attempts > 0, work });
  }
}

function decoded(route: Route, held: ReceivedMessage): object {
  try {
    return decodeEvent(route, held);
  } catch (error) {
    throw new HandlerFailed(error);
  }
}

/** The handler's own failure says more than that of its transaction, unless this one says nothing about the message. */
function unlessUndecided(error: unknown): false {
  const undecided = error instanceof AlreadyHandled || error instanceof NoLongerReady;
  if (undecided || isInfrastructureFailure(error)) throw error;
  return false;
}
