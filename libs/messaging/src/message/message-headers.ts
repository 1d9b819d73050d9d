import { headers } from '@nats-io/transport-node';
import type { ReceivedMessage } from './received-message.ts';
import { storable } from './storable-text.ts';

/** Control headers of the broker: a copy of them would be obeyed again (a stale `Nats-Msg-Id` makes the copy vanish). */
const CONTROL = /^nats-/i;

/** nats-server takes 64 KiB of headers, so none is longer. */
const MAX_STORED_HEADER = 65_536;
/** Headers as published, without those that steer the broker. */
export function originalHeaders(held: ReceivedMessage): Record<string, string> {
  const source = held.delivery.headers;
  const names = (source?.keys() ?? []).filter((name) => !CONTROL.test(name));
  return Object.fromEntries(
    names.map((name) => [storable(name), storable(source?.get(name) ?? '', MAX_STORED_HEADER)]),
  );
}

const TYPE = 'ce-type';

/** The message with no header but a plain type: for when the database refuses to keep it as it is. */
export function withoutHeaders(held: ReceivedMessage): ReceivedMessage {
  const kept = headers();
  const type = held.delivery.headers?.get(TYPE) ?? '';
  if (/^[\w.-]{1,200}$/.test(type)) kept.set(TYPE, type);
  const { delivery } = held;
  return {
    ...held,
    delivery: {
      data: delivery.data,
      time: delivery.time,
      headers: kept,
      ack: () => delivery.ack(),
      nak: (millis) => delivery.nak(millis),
      working: () => delivery.working(),
    },
  };
}
