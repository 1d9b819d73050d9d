import { jetstream, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { INVENTORY, NOTIFICATIONS, ORDERS, PAYMENTS } from '@orderflow/contracts';
import { DEAD_LETTERS, type StreamDefinition } from '@orderflow/messaging';
import type { DeadLetterView, StreamView } from './system-view.ts';

export const factStreams: readonly StreamDefinition[] = [ORDERS, PAYMENTS, INVENTORY, NOTIFICATIONS];

/** Reads a message as stored: `order.<partition>.<key>.<event>`. */
export function streamView(stream: string, message: JsMsg): StreamView {
  const [, , key = '', event = ''] = message.subject.split('.');
  const id = message.headers?.get('Nats-Msg-Id') ?? '';
  return {
    stream,
    sequence: message.seq,
    key,
    event,
    messageId: id === '' ? `${stream}:${message.seq}` : id,
    ...bodyOf(message),
  };
}

/** A body that is no JSON has neither; the message is there all the same. */
function bodyOf(message: JsMsg): { orderId: string; amount: number } {
  try {
    const body: unknown = message.json();
    const amount = fieldOf(fieldOf(body, 'amount'), 'amount');
    const orderId = fieldOf(body, 'orderId');
    return {
      orderId: typeof orderId === 'string' ? orderId : '',
      amount: typeof amount === 'number' ? amount : 0,
    };
  } catch {
    return { orderId: '', amount: 0 };
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}

/** Each fact of the users, in stream order. */
export async function readStreams(nats: NatsConnection, users: readonly string[]): Promise<StreamView[]> {
  const read = await Promise.all(
    factStreams.map(async ({ name, prefix }) => {
      const messages = await readStream(
        nats,
        name,
        users.map((user) => `${prefix}.*.${user}.*`),
      );
      return messages.map((message) => streamView(name, message));
    }),
  );
  return read.flat();
}

export async function readDeadLetters(
  nats: NatsConnection,
  users: readonly string[],
): Promise<DeadLetterView[]> {
  const filters = users.map((user) => `${DEAD_LETTERS.prefix}.*.${user}`);
  const messages = await readStream(nats, DEAD_LETTERS.name, filters);
  return messages.map((message) => ({
    consumer: message.headers?.get('orderflow-consumer') ?? '',
    messageId: message.headers?.get('orderflow-message-id') ?? '',
    reason: message.headers?.get('orderflow-reason') ?? '',
  }));
}

/** All that is there now, through a consumer of our own that leaves no trace. */
async function readStream(
  nats: NatsConnection,
  stream: string,
  filters: readonly string[],
): Promise<JsMsg[]> {
  const consumer = await jetstream(nats).consumers.get(stream, { filter_subjects: [...filters] });
  const { num_pending: pending } = await consumer.info();
  if (pending === 0) return [];
  const found: JsMsg[] = [];
  const messages = await consumer.consume();
  for await (const message of messages) {
    found.push(message);
    if (message.info.pending === 0) break;
  }
  await consumer.delete();
  return found;
}
