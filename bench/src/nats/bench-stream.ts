import {
  type Broker,
  connectBroker,
  type OutgoingMessage,
  Provisioner,
  Publisher,
} from '@orderflow/messaging/internals';
import { messageIds } from '../message-ids.ts';
import { inTurn, payloads } from '../payload.ts';

/** As a service makes it: file storage, duplicate window, 16 partitions by subject transform. No size limit: it would reserve the disk. */
export const PARTITIONS = 16;
const settings = { partitions: PARTITIONS, replicas: 1, maxBytes: -1 };
const keys = 1_000;
/** Not all at once: what they leave to the collector would be swept while others are timed. */
const FILL_AT_ONCE = 4_096;

/** The stream of a turn; each NATS contestant publishes to one of exactly this kind. */
export interface BenchStream {
  readonly name: string;
  readonly prefix: string;
}

export const benchStream = (turnId: string): BenchStream => ({
  name: `BENCH_${turnId.toUpperCase()}`,
  prefix: `bench-${turnId}`,
});

/** Connected, with the stream there. */
export async function openStream(url: string, stream: BenchStream): Promise<Broker> {
  const broker = await connectBroker({ servers: [url], access: {}, name: 'bench', bootTimeoutMs: 10_000 });
  const provisioner = new Provisioner(broker.manager, settings, 'apply');
  await provisioner.provision({ ...stream, owner: 'bench' });
  return broker;
}

/** Messages in the stream. */
export async function storedIn({ manager }: Broker, { name }: BenchStream): Promise<number> {
  return (await manager.streams.info(name)).state.last_seq;
}

/** An acknowledgement that the stream does not back would be a wrong figure. */
export async function assertStored(broker: Broker, stream: BenchStream, acknowledged: number): Promise<void> {
  const stored = await storedIn(broker, stream);
  if (stored < acknowledged) throw new Error(`${acknowledged} messages acknowledged, ${stored} stored`);
}

/** Publishes so many messages, in the turn of the keys; not measured. */
export async function fillStream(broker: Broker, stream: BenchStream, count: number): Promise<void> {
  const publisher = new Publisher(broker.connection, { maxInFlight: 2_048 });
  const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
  const message = (n: number): OutgoingMessage => ({
    stream: stream.name,
    subject: inTurn(subjects, n),
    messageId: nextId(),
    headers: {},
    payload: inTurn(bodies, n),
  });
  for (let sent = 0; sent < count; sent += FILL_AT_ONCE) {
    const length = Math.min(FILL_AT_ONCE, count - sent);
    await Promise.all(Array.from({ length }, (_, n) => publisher.publish(message(sent + n))));
  }
  publisher.close();
}

/** Users in turn, as many as fill every partition. */
export function subjectsOf({ prefix }: BenchStream): readonly string[] {
  return Array.from({ length: keys }, (_, user) => `${prefix}.user-${user}.happened`);
}

/** Each turn begins with an empty disk; what others of the same turn still ask for is not here any more. */
export async function closeStream(broker: Broker, { name }: BenchStream): Promise<void> {
  await broker.manager.streams.delete(name).catch(() => {
    // Another process of the turn was first.
  });
  await broker.connection.close();
}
