import { type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { type Route, Router } from '../routing/router.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import type { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { assertHandlerOptions } from './handler-options.ts';
import { JETSTREAM, type Subscription } from './subscribe.decorator.ts';

/**
 * The custom transport strategy through which Nest hands over the decorated methods, so that guards, interceptors,
 * pipes and filters work on them. A filter that turns an error into a value makes the message count as handled.
 */
export class JetStreamStrategy extends Server {
  override readonly transportId = JETSTREAM;
  /** Failures come back to us to be settled; Nest need not log them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #runtime: MessagingRuntime | undefined;
  readonly #routes: Route[] = [];
  /** By handler. */
  readonly #unknownOptions = new Map<string, readonly string[]>();

  /** @param runtime none when the handlers are only collected, as the test kit does */
  constructor(runtime?: MessagingRuntime) {
    super();
    this.#runtime = runtime;
  }

  /** Called by Nest for each decorated method. Does not chain handlers of one pattern as the base class does: each would settle the message. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    _isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    const subscription = extras?.['subscription'];
    if (!isSubscription(subscription)) {
      throw new MessagingError(
        'HANDLER_INVALID',
        `The handler of ${JSON.stringify(pattern)} names no contract.`,
        {
          remedy: 'Use @Subscribe or @SubscribeShared on methods for this transport.',
        },
      );
    }
    this.#unknownOptions.set(subscription.handler, subscription.unknownOptions);
    this.#routes.push(routeTo(callback, subscription));
  }

  /** @throws MessagingError `HANDLER_INVALID` for wrong options, `HANDLER_DUPLICATE` when two methods would get the same message */
  router(): Router {
    assertHandlerOptions(this.#runtime?.options.service ?? '', this.#routes, this.#unknownOptions);
    return new Router(this.#routes);
  }

  listen(callback: (error?: unknown) => void): void {
    const running = this.#runtime?.run(this.router()) ?? Promise.resolve();
    running.then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await this.#runtime?.drain();
  }

  on(): never {
    throw new MessagingError('CONFIG_INVALID', 'This transport has no events of its own.', {
      remedy: 'Use the log or the health indicators.',
    });
  }

  unwrap(): never {
    throw new MessagingError('CONFIG_INVALID', 'This transport does not give out its connection.', {
      remedy: 'Open a connection of your own.',
    });
  }
}

function routeTo(callback: MessageHandler, subscription: Subscription): Route {
  const { kind, unknownOptions: _unknown, ...common } = subscription;
  const invoke = (payload: object, context: object): Promise<void> => call(callback, payload, context);
  return kind === 'batch' ? { ...common, kind, invoke } : { ...common, kind, invoke };
}

/** Resolves when the handler, and everything that Nest wraps around it, is done. */
async function call(callback: MessageHandler, payload: object, context: object): Promise<void> {
  const result: unknown = await callback(payload, context);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}

function isSubscription(value: unknown): value is Subscription {
  return typeof value === 'object' && value !== null && 'contract' in value && 'handler' in value;
}
