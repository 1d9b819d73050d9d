import type { SettleableDelivery } from '../message/settleable-delivery.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

/** A delivery for what never settles it. */
export function inertDelivery(): SettleableDelivery {
  return {
    data: new Uint8Array(),
    headers: undefined,
    time: new Date(0),
    ack() {},
    nak() {},
    working() {},
  };
}

let sequence = 0;

/** A message of a key, as a partition's intake hands it over; each gets the next sequence. */
export function receivedMessage(key: string, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  sequence++;
  return {
    stream: 'COUNTS',
    sequence,
    subject: `count.0.${key}.counted`,
    messageId: `m${sequence}`,
    key,
    event: 'counted',
    partition: 0,
    delivery: inertDelivery(),
    extendedAt: 0,
    ...more,
  };
}
