import type { SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';
import { derivedMessageId } from '../outbox/message-id.ts';
import { type Origin, outboxRow, type SendOptions } from '../outbox/outbox-row.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { BatchEffect } from './batch-effect.ts';
import type { BatchEntry, EffectScope, Transact } from './effect-scope.ts';

/** On whose behalf a handler publishes, and what it may. */
export interface Publishing {
  service: string;
  /** Unique among all services: `payment`, `notification-mailer`. Part of the ids of what is published. */
  consumer: string;
  rules: PublishRules;
}

interface DeliveryContext {
  held: ReceivedMessage;
  /** Counted from 1. */
  attempt: number;
  publishing: Publishing;
  signal: AbortSignal;
  /** Given for a transactional handler. */
  scope?: EffectScope;
  /** Given for an external handler. */
  transact?: Transact;
}

/** What a handler knows and may do about the message that it handles: the second argument, `@Ctx()`. */
export class Delivery {
  readonly messageId: string;
  readonly key: string;
  readonly stream: string;
  /** Position in the stream. */
  readonly sequence: number;
  /** Counted from 1. */
  readonly attempt: number;
  /** When the broker stored the message. */
  readonly time: Date;
  /** Aborted when the attempt's time is over or the process stops. For external handlers. */
  readonly signal: AbortSignal;
  readonly #context: DeliveryContext;
  readonly #origin: Origin;
  #scope: EffectScope | undefined;
  /** Of this handling; begins again with each run of the work that is given to `transact`. */
  #publications = 0;

  constructor(context: DeliveryContext) {
    const { held, attempt, signal } = context;
    this.messageId = held.messageId;
    this.key = held.key;
    this.stream = held.stream;
    this.sequence = held.sequence;
    this.attempt = attempt;
    this.time = new Date(held.delivery.time);
    this.signal = signal;
    this.#context = context;
    this.#scope = context.scope;
    const cause = { consumer: context.publishing.consumer, stream: held.stream, messageId: held.messageId };
    this.#origin = {
      source: context.publishing.service,
      causationId: held.messageId,
      messageId: (type) => derivedMessageId(cause, type, ++this.#publications),
      traceparent: held.delivery.headers?.get('traceparent') || undefined,
    };
  }

  /** Headers as published, by lower-case name. */
  get headers(): ReadonlyMap<string, string> {
    const source = this.#context.held.delivery.headers;
    return new Map((source?.keys() ?? []).map((name) => [name.toLowerCase(), source?.get(name) ?? '']));
  }

  /** The same for each attempt and each redelivery of this message: for the other side of an external call. */
  get idempotencyKey(): string {
    return `${this.#context.publishing.service}:${this.messageId}`;
  }

  /**
   * The effect transaction. Everything done through it commits together with the note that this message was handled.
   *
   * @throws MessagingError `TRANSACTION_MISUSED` in an external handler: use `transact`
   */
  get tx(): SqlExecutor {
    return this.#openScope().tx;
  }

  /**
   * Publishes an event if the transaction commits. Caused by this message, and in order behind what its key published before.
   *
   * @returns the event's message id, derived from this message, the event's type and its number among the publications of
   *   this handling: handling the message again gives the same ids, so publish in the same order
   * @throws MessagingError `CONTRACT_VIOLATION`, `CONTRACT_MISSING`, `KEY_INVALID`, `STREAM_FOREIGN`, `PUBLISH_REJECTED` for
   *   an event that is larger than the broker takes, `TRANSACTION_MISUSED`
   */
  publish(event: object, options: SendOptions = {}): string {
    const { published } = this.#openScope();
    const row = outboxRow(event, this.#origin, options);
    this.#context.publishing.rules.check(row);
    published.push(row);
    return row.messageId;
  }

  /**
   * For external handlers: the one transaction that makes the call's result take effect. At most once for each attempt.
   * Handlers that come to it at the same time share it. If one of them fails in it the others' `work` runs again, so it
   * must do nothing but SQL through `tx`, and `publish`: no call to the world, and no waiting.
   *
   * @throws MessagingError `TRANSACTION_MISUSED` in a transactional handler, on a second call, or after the deadline
   */
  async transact<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
    return await this.#transact((scope) => work(scope.tx));
  }

  /**
   * As `transact`, for an effect that deliveries which come to it at the same time can have in one statement: `effect` does
   * its work once, for all of them. Give each call the same `effect`.
   *
   * @param then gets this delivery's result, and may `publish` what follows from it. May be called again before it counts.
   * @throws MessagingError as `transact`, and what the work of the effect threw when this delivery was by itself in it
   */
  async transactInBatch<Item, Result>(
    effect: BatchEffect<Item, Result>,
    item: Item,
    then: (result: Result) => void | Promise<void> = () => undefined,
  ): Promise<void> {
    const entry = effect.entry(item);
    await this.#transact(async (scope) => {
      await then(await entry.result(scope));
    }, entry);
  }

  async #transact<T>(work: (scope: EffectScope) => Promise<T>, entry?: BatchEntry<unknown>): Promise<T> {
    const { transact } = this.#context;
    if (transact === undefined)
      throw misused('A transactional handler is already in a transaction.', 'Use delivery.tx.');
    return await transact(async (scope) => {
      this.#scope = scope;
      this.#publications = 0;
      try {
        return await work(scope);
      } finally {
        // Work that outlived its transaction ends while it is run again in another one.
        if (this.#scope === scope) this.#scope = undefined;
      }
    }, entry);
  }

  #openScope(): EffectScope {
    if (this.#scope !== undefined) return this.#scope;
    throw misused(
      'No effect transaction is open.',
      'In an external handler, call this inside delivery.transact().',
    );
  }
}

export function misused(message: string, remedy: string): MessagingError {
  return new MessagingError('TRANSACTION_MISUSED', message, { remedy });
}
