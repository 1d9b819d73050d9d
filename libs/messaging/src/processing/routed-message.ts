import { PoisonMessage } from '../errors/messaging-error.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { decodeEvent, routeOf, unknownType } from '../routing/decode.ts';
import type { Route, Router } from '../routing/router.ts';

/** A message with the handler that it is for. */
export class RoutedMessage {
  readonly held: ReceivedMessage;
  /** Undefined when no handler knows the message. */
  readonly route: Route | undefined;
  /** The event, or why there is none; undefined until it is read, and after it was taken. */
  #reading: object | undefined;

  constructor(router: Router, held: ReceivedMessage) {
    this.held = held;
    this.route = routeOf(router, held);
  }

  /** Why no handler can read it; undefined when one can. */
  get unreadable(): PoisonMessage | undefined {
    this.#reading ??= this.#read();
    return this.#reading instanceof PoisonMessage ? this.#reading : undefined;
  }

  /**
   * The event, read anew each time but the first: a handler that runs again must not get what it has changed.
   *
   * @throws PoisonMessage, or what a contract's own code throws
   */
  takeEvent(): object {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading instanceof PoisonMessage) throw reading;
    return reading ?? this.#decode();
  }

  #decode(): object {
    if (this.route === undefined) throw unknownType(this.held);
    return decodeEvent(this.route, this.held);
  }

  /** What is thrown for another reason is met again, and told, where the message is handled. */
  #read(): object {
    try {
      return this.#decode();
    } catch (error) {
      return error instanceof PoisonMessage
        ? error
        : new PoisonMessage('The message cannot be read.', { cause: error });
    }
  }
}
