import { PubHeaders } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { OutgoingMessage } from './publisher.ts';

/** The headers of a message as they go to the broker: its own, its id, and the stream that must take it. */
export function natsHeaders(message: OutgoingMessage): MsgHdrs {
  const result = headers();
  // `append`, because `set` searches twice; ours win over the message's own of the same name.
  for (const [name, value] of Object.entries(message.headers)) {
    if (name !== PubHeaders.MsgIdHdr && name !== PubHeaders.ExpectedStreamHdr) result.append(name, value);
  }
  result.append(PubHeaders.MsgIdHdr, message.messageId);
  result.append(PubHeaders.ExpectedStreamHdr, message.stream);
  return result;
}
