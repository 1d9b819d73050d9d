import type { ContractInfo } from '../contract/contract.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import type { BatchDelivery } from './batch-delivery.ts';
import type { Delivery } from './delivery.ts';
import type { FailureRule } from './failure-rule.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * `transactional`: touches only the database, through `delivery.tx`; many messages share a transaction.
 * `batch`: the same, and gets many messages at once, no two of one key, to work in sets.
 * `external`: calls the world, outside of any transaction, then commits once through `delivery.transact`.
 */
export type HandlerKind = 'transactional' | 'batch' | 'external';

/**
 * After the last attempt: `park` keeps the message and, behind it, what comes later for its key. `skip` keeps the
 * message and lets the key go on. `block` tries for ever.
 */
export type FailurePolicy = 'park' | 'skip' | 'block';

interface AnyRoute {
  readonly contract: ContractInfo;
  /** Undefined for ordered handling; the name of the queue group for shared handling. */
  readonly group: string | undefined;
  readonly retry: RetryPolicy;
  /** What becomes of a message by the error that its handler threw; the first that matches. */
  readonly failures?: readonly FailureRule[];
  /** What becomes of the key when a message has failed for good. */
  readonly onFailure: FailurePolicy;
  /** What an external handler calls; handlers that name the same one pause together while it is down. */
  readonly dependency: string | undefined;
  /** Deadline of one attempt of an external handler. */
  readonly timeoutMs: number;
  /** Messages of its queue group that one instance handles at once. */
  readonly concurrency: number;
  readonly handler: string;
}

/** A handler that gets one event at a time. */
export interface SingleRoute extends AnyRoute {
  readonly kind: Exclude<HandlerKind, 'batch'>;
  readonly invoke: (event: object, delivery: Delivery) => Promise<void>;
}

/** A handler that gets many events at once, each with its delivery at the same place. */
export interface BatchRoute extends AnyRoute {
  readonly kind: 'batch';
  readonly invoke: (events: object[], batch: BatchDelivery) => Promise<void>;
}

/** One handler and what it handles. */
export type Route = SingleRoute | BatchRoute;

/**
 * Which handler gets which message. Immutable. Handlers of different groups each get a message; within a group, or
 * among the ordered ones, only one does.
 */
export class Router {
  readonly #bySubject: ReadonlyMap<string, readonly Route[]>;
  readonly routes: readonly Route[];

  /** @throws MessagingError `HANDLER_DUPLICATE` when two handlers would get the same message */
  constructor(routes: readonly Route[]) {
    const seen = new Map<string, Route>();
    for (const route of routes) {
      const scope = `${route.group ?? ''}|${route.contract.type}`;
      const other = seen.get(scope);
      if (other !== undefined) throw duplicate(route, other);
      seen.set(scope, route);
    }
    this.routes = routes;
    this.#bySubject = Map.groupBy(routes, ({ contract }) => subjectKey(contract.stream.name, contract.event));
  }

  /**
   * The handler of a message, by its CloudEvents type; a message without one goes to the newest version.
   * Undefined when the type or version is unknown here.
   */
  find(stream: string, event: string, type: string): Route | undefined {
    const candidates = this.#bySubject.get(subjectKey(stream, event)) ?? [];
    if (type !== '') return candidates.find((route) => route.contract.type === type);
    return candidates.toSorted((a, b) => b.contract.version - a.contract.version)[0];
  }

  /** The routes of one queue group, or those that are handled in order. */
  inGroup(group: string | undefined): Router {
    return new Router(this.routes.filter((route) => route.group === group));
  }

  /** What has to be subscribed to: each stream with its events. */
  sources(): { stream: StreamDefinition; events: string[] }[] {
    return [...Map.groupBy(this.routes, (route) => route.contract.stream)].map(([stream, routes]) => ({
      stream,
      events: [...new Set(routes.map((route) => route.contract.event))].sort(),
    }));
  }
}

function subjectKey(stream: string, event: string): string {
  return `${stream}|${event}`;
}

function duplicate(route: Route, other: Route): MessagingError {
  return new MessagingError(
    'HANDLER_DUPLICATE',
    `${route.handler} and ${other.handler} both handle ${route.contract.type}.`,
    { remedy: 'Keep one; a message takes effect once.' },
  );
}
