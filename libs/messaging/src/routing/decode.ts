import { checkContract, ContractViolation } from '../contract/contract.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Route, Router } from './router.ts';

const TYPE = 'ce-type';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The handler of a message, or undefined when its type or version is unknown here. */
export function routeOf(router: Router, held: ReceivedMessage): Route | undefined {
  return router.find(held.stream, held.event, held.delivery.headers?.get(TYPE) ?? '');
}

/**
 * Reads the body as the route's contract.
 *
 * @throws PoisonMessage when it is no JSON, not what the contract says, or of another key than its subject: trying again would not help
 */
export function decodeEvent(route: Route, held: ReceivedMessage): object {
  if (held.defect !== undefined) throw new PoisonMessage(held.defect);
  const event = check(route, parseJson(held.delivery.data));
  // Its partition and lane were chosen by the subject: under another key it would overtake, or be overtaken.
  if (keyOf(route, event) !== held.key)
    throw new PoisonMessage('The key of the body is not that of the subject.');
  return event;
}

function keyOf(route: Route, event: object): string {
  try {
    return route.contract.key(event);
  } catch (cause) {
    throw new PoisonMessage('The key of the body cannot be read.', { cause });
  }
}

function check(route: Route, body: unknown): object {
  try {
    return checkContract(route.contract.cls, body);
  } catch (error) {
    if (error instanceof ContractViolation) throw new PoisonMessage(error.message, { cause: error });
    throw error;
  }
}

export function unknownType(held: ReceivedMessage): PoisonMessage {
  const type = held.delivery.headers?.get(TYPE) ?? '';
  return new PoisonMessage(`No handler here knows type "${type}" on ${held.subject}.`);
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(data));
  } catch (cause) {
    const reason = Error.isError(cause) ? cause.name : 'unreadable';
    // The parser's message quotes the body, which must not reach the log.
    throw new PoisonMessage(`The body is not JSON in UTF-8 (${reason}).`);
  }
}
