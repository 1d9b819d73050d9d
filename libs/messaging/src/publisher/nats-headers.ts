import { PubHeaders } from '@nats-io/jetstream';
import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import { bytesOf } from './bytes.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** A name and a value that go on the wire as they are. */
const NAME = /^[!-9;-~]+$/;
const BREAK = /[\r\n]/;

class SentHeaders extends MsgHdrsImpl {
  override encode(): Uint8Array {
    return bytesOf(this.toString());
  }
}

/**
 * The headers of a message as they go to the broker: its own, its id, the stream that must take it, and `more`, each once. Ours win
 * over the message's own of the same name.
 *
 * @throws InvalidArgumentError for a name or a value that no header can have
 */
export function natsHeaders(message: OutgoingMessage, more: Readonly<Record<string, string>> = {}): MsgHdrs {
  const result = new SentHeaders();
  for (const name of Object.keys(message.headers)) put(result, name, message.headers[name] ?? '');
  put(result, PubHeaders.MsgIdHdr, message.messageId);
  put(result, PubHeaders.ExpectedStreamHdr, message.stream);
  for (const name of Object.keys(more)) put(result, name, more[name] ?? '');
  return result;
}

/**
 * Straight into the table: `set` and `append` write each name in its canonical form, only to see that it has one, and search
 * all others for it, which took half of the time that a message's headers took. What is not plain goes to them, and they say why not.
 */
function put(result: MsgHdrsImpl, name: string, value: string): void {
  if (NAME.test(name) && !BREAK.test(value)) result.headers.set(name, [value]);
  else result.set(name, value);
}
