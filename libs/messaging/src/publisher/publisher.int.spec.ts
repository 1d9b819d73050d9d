import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWER_PATIENCE_MS } from '@orderflow/testing';
import type { Broker } from '../broker/broker.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';

let jet: TestJetStream;
const opened: Publisher[] = [];

beforeAll(async () => {
  jet = await startJetStream();
});

afterEach(() => {
  for (const publisher of opened.splice(0)) publisher.close();
});

afterAll(async () => {
  await jet.stop();
});

function open(options: PublisherOptions = {}, broker: Broker = jet): Publisher {
  const publisher = new Publisher(broker.connection, options);
  opened.push(publisher);
  return publisher;
}

const message = (
  stream: StreamDefinition,
  id: string,
  more: Partial<OutgoingMessage> = {},
): OutgoingMessage => ({
  stream: stream.name,
  subject: `${stream.prefix}.u1.happened`,
  messageId: id,
  headers: { 'ce-type': 'test.happened.v1' },
  payload: `body of ${id}`,
  ...more,
});

describe('a publish', () => {
  it('resolves with the stream and sequence once the message is stored', async () => {
    const stream = await jet.freshStream();
    const ack = await open().publish(message(stream, 'a'));
    expect(ack).toEqual({ stream: stream.name, sequence: 1, duplicate: false });
    expect(await jet.stored(stream.name)).toMatchObject([{ sequence: 1, id: 'a', body: 'body of a' }]);
  });

  it('lands in the partition of its key, whoever publishes', async () => {
    const stream = await jet.freshStream();
    await open().publish(message(stream, 'a'));
    const [stored] = await jet.stored(stream.name);
    expect(stored?.subject).toMatch(new RegExp(`^${stream.prefix}\\.\\d+\\.u1\\.happened$`));
  });

  it('of an id that the stream has already is no error, and names the first one', async () => {
    const stream = await jet.freshStream();
    const publisher = open();
    await publisher.publish(message(stream, 'a'));
    await publisher.publish(message(stream, 'b'));
    const again = await publisher.publish(message(stream, 'a'));
    expect(again).toEqual({ stream: stream.name, sequence: 1, duplicate: true });
    expect(await jet.stored(stream.name)).toHaveLength(2);
  });

  it('to a subject that no stream takes in is refused, with what to do', async () => {
    const nowhere = jet.freshDefinition();
    await expect(open().publish(message(nowhere, 'a'))).rejects.toMatchObject({
      code: 'STREAM_MISSING',
      message: expect.stringContaining(`${nowhere.prefix}.u1.happened`),
      remedy: expect.stringContaining('Provision'),
    });
  });

  it('that another stream would take is refused and stored nowhere', async () => {
    const stream = await jet.freshStream();
    const wrong = message(stream, 'a', { stream: 'SOMEBODY_ELSES' });
    await expect(open().publish(wrong)).rejects.toMatchObject({ code: 'PUBLISH_REJECTED' });
    expect(await jet.stored(stream.name)).toEqual([]);
  });

  it('that is larger than the broker allows is refused at once', async () => {
    const stream = await jet.freshStream();
    const large = message(stream, 'a', { payload: 'x'.repeat(1_100_000) });
    await expect(open().publish(large)).rejects.toMatchObject({ code: 'PUBLISH_REJECTED', scope: 'message' });
  });

  it('that a full stream refuses is reported with the code of the broker', async () => {
    const stream = jet.freshDefinition();
    await jet.provisioner('apply', { maxBytes: 2_000 }).provision(stream);
    const publisher = open();
    const send = (id: string): Promise<unknown> =>
      publisher.publish(message(stream, id, { payload: 'x'.repeat(900) }));
    await send('a');
    await expect(send('b').then(() => send('c'))).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED',
      message: expect.stringContaining('10077'),
      scope: 'stream',
    });
  });

  it.each([
    ['an empty object', '{}'],
    ['nothing', ''],
    ['text', 'hello'],
    ["JSON-RPC's null for an error", '{"jsonrpc":"2.0","result":1,"error":null}'],
    ['an error of another kind', '{"error":"none"}'],
    ['the PubAck of another stream', '{"stream":"ANOTHER","seq":7}'],
  ])('takes an answer that is %s for no PubAck, and goes on', async (_, answer) => {
    const { prefix, name } = jet.freshDefinition();
    // Whoever subscribes to the subject may answer, JetStream or not.
    const [stranger, own] = [await jet.another(), await jet.another()];
    stranger.connection.subscribe(`${prefix}.>`, { callback: (_error, asked) => void asked.respond(answer) });
    await stranger.connection.flush();
    const publisher = open({ ackTimeoutMs: 100, maxSends: 2 }, own);
    const published = publisher.publish(message({ prefix, name, owner: 'nobody' }, 'a'));
    await expect(published).rejects.toMatchObject({ code: expect.stringMatching(/^PUBLISH_/) });
    // An answer that breaks the reader of the connection would go unnoticed until here.
    const alive = own.connection.request(`${prefix}.alive`, '', { timeout: ANSWER_PATIENCE_MS });
    await expect(alive.then((reply) => reply.string())).resolves.toBe(answer);
  });
});

describe('many publishes at once', () => {
  it('are under way only as far as the window goes, in bytes as well', async () => {
    const stream = await jet.freshStream();
    const publisher = open({ maxInFlightBytes: 2_000_000 });
    const payload = 'x'.repeat(600_000);
    const all = Array.from({ length: 9 }, (_, n) => publisher.publish(message(stream, `m${n}`, { payload })));
    expect(publisher.inFlight).toBe(3);
    await Promise.all(all);
    expect((await jet.stored(stream.name)).map(({ id }) => id)).toEqual(all.map((_, n) => `m${n}`));
  });

  it('to one stream are interrupted without those to another', async () => {
    const [one, other] = [await jet.freshStream(), await jet.freshStream()];
    const publisher = open();
    const interrupted = publisher.publish(message(one, 'a'));
    const published = publisher.publish(message(other, 'b'));
    publisher.interrupt(one.name);
    await expect(interrupted).rejects.toMatchObject({ code: 'PUBLISH_TIMEOUT' });
    await expect(published).resolves.toMatchObject({ stream: other.name });
    await expect(publisher.publish(message(one, 'c'))).rejects.toMatchObject({ code: 'PUBLISH_TIMEOUT' });
    publisher.resume(one.name);
    await expect(publisher.publish(message(one, 'c'))).resolves.toMatchObject({ duplicate: false });
  });

  it('are each stored once and answered with their own sequence', async () => {
    const stream = await jet.freshStream();
    const publisher = open({ maxInFlight: 50 });
    const ids = Array.from({ length: 1_000 }, (_, n) => `m${n}`);
    const acks = await Promise.all(ids.map((id) => publisher.publish(message(stream, id))));
    const stored = await jet.stored(stream.name);
    const idAt = new Map(stored.map(({ sequence, id }) => [sequence, id]));
    expect(stored).toHaveLength(1_000);
    expect(acks.map(({ sequence }) => idAt.get(sequence))).toEqual(ids);
  });
});
