import { EventPattern } from '@nestjs/microservices';
import { type ContractClass, type ContractInfo, contractOf } from '../contract/contract.ts';
import type { BatchDelivery } from '../routing/batch-delivery.ts';
import type { Delivery } from '../routing/delivery.ts';
import { assertRules, type FailureRule } from '../routing/failure-rule.ts';
import { unknownOptions } from './handler-options.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '../routing/retry-policy.ts';
import type { FailurePolicy, HandlerKind } from '../routing/router.ts';

/** Marks handlers as ours among those of other transports of the same application. */
export const JETSTREAM = Symbol('orderflow.jetstream');

export interface SubscribeOptions {
  /**
   * `transactional` (default): touches only the database, through `delivery.tx`.
   * `external`: calls the world, then commits once through `delivery.transact`.
   */
  kind?: Exclude<HandlerKind, 'batch'>;
  /** Default: 10 attempts, from 100 ms to 10 s apart. */
  retry?: Partial<RetryPolicy>;
  /**
   * What becomes of a message by the error that its handler threw, in order, the first rule that matches:
   * `[onError(RateLimited, { do: 'retry', afterMs: (error) => error.retryAfterMs }), onError(Unauthorized, { do: 'defer' })]`.
   * Without one that matches: `PoisonMessage`, and mistakes in what the handler publishes, are final; all else is retried.
   */
  failures?: readonly FailureRule[];
  /** Deadline of one attempt of an external handler. Default 30,000 ms. */
  timeoutMs?: number;
  /** After the last attempt. Default `park`. */
  onFailure?: FailurePolicy;
  /**
   * Names what an external handler calls. When it throws `DependencyDown` with this name, no attempt is used up, and
   * all handlers with this name pause until a probe gets through.
   */
  dependency?: string;
}

/** A batch handler touches only the database: it has no deadline of its own and calls nothing that could be down. */
export type SubscribeBatchOptions = Pick<SubscribeOptions, 'retry' | 'onFailure' | 'failures'>;

export interface SubscribeSharedOptions extends Omit<SubscribeOptions, 'kind' | 'onFailure'> {
  /** Name of the queue group: part of the consumer's name, so it must stay the same. */
  name: string;
  /**
   * Messages of the group that one instance handles at once as they come from the stream, 1 to 64. Default 16. It takes as
   * many again in advance. Of several handlers of a group for one stream the highest counts. Those that waited in the
   * database come on top.
   */
  concurrency?: number;
}

/** What a decorated method subscribes to; travels through Nest beside the handler. */
export interface Subscription {
  contract: ContractInfo;
  kind: HandlerKind;
  group: string | undefined;
  retry: RetryPolicy;
  failures: readonly FailureRule[];
  timeoutMs: number;
  concurrency: number;
  onFailure: FailurePolicy;
  dependency: string | undefined;
  /** `ReserveStock.handle` */
  handler: string;
  /** Options that the library does not know: refused at boot. */
  unknownOptions: readonly string[];
}

/** Fits methods that take the contract's event, and the delivery if they need it. */
export type HandlerDecorator<T extends object> = <H extends (event: T, delivery: Delivery) => unknown>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

/** Fits methods that take an array of the contract's events, and the batch's deliveries if they need them. */
export type BatchHandlerDecorator<T extends object> = <
  H extends (events: T[], batch: BatchDelivery) => unknown,
>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONCURRENCY = 16;

/**
 * Handles each event of a contract once, and each key's events in order. The method gets the event by `@Payload()` and
 * the `Delivery` by `@Ctx()`. What it throws is tried again; `PoisonMessage` is not.
 */
export function Subscribe<T extends object>(
  cls: ContractClass<T>,
  options: SubscribeOptions = {},
): HandlerDecorator<T> {
  return subscribe(cls, { ...options, group: undefined });
}

/**
 * Like `Subscribe`, for what is done best in sets: the method gets many events at once by `@Payload()`, no two of one
 * key, and a `BatchDelivery` by `@Ctx()`. If it throws, the transaction is rolled back and it gets its events in halves, down to the one
 * that fails: attempts, dead letters and policies are those of single messages.
 */
export function SubscribeBatch<T extends object>(
  cls: ContractClass<T>,
  options: SubscribeBatchOptions = {},
): BatchHandlerDecorator<T> {
  return subscribe(cls, { ...options, kind: 'batch', group: undefined });
}

/** Handles each event of a contract once, by one of all instances, in no order. Handlers are external. */
export function SubscribeShared<T extends object>(
  cls: ContractClass<T>,
  { name, ...options }: SubscribeSharedOptions,
): HandlerDecorator<T> {
  return subscribe(cls, { ...options, kind: 'external', group: name, onFailure: 'skip' });
}

function subscribe(
  cls: ContractClass,
  options: Omit<SubscribeOptions, 'kind'> & {
    kind?: HandlerKind;
    group: string | undefined;
    concurrency?: number;
  },
): MethodDecorator {
  return (target, method, descriptor) => {
    const contract = contractOf(cls);
    const subscription: Subscription = {
      contract,
      kind: options.kind ?? 'transactional',
      group: options.group,
      retry: { ...DEFAULT_RETRY, ...options.retry },
      failures: options.failures ?? [],
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      onFailure: options.onFailure ?? 'park',
      dependency: options.dependency,
      handler: `${target.constructor.name}.${String(method)}`,
      unknownOptions: unknownOptions(options),
    };
    assertRules(subscription);
    const pattern = `${options.group ?? 'ordered'}/${contract.type}`;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-arguments -- it chooses the overload for any method
    EventPattern<string>(pattern, JETSTREAM, { subscription })(target, method, descriptor);
  };
}
