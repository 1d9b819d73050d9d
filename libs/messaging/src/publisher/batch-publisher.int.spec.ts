import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busyBound } from '@orderflow/testing';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import { BatchPublisher } from './batch-publisher.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

let jet: TestJetStream;
let stream: StreamDefinition;
let batches: BatchPublisher;

beforeAll(async () => {
  jet = await startJetStream();
  batches = new BatchPublisher(jet.connection);
});

afterAll(async () => {
  await jet.stop();
});

function message(id: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const subject = `${stream.prefix}.u1.happened`;
  return { stream: stream.name, subject, messageId: id, headers: { 'ce-id': id }, payload: id, ...changes };
}

const messages = (count: number, prefix = 'm'): OutgoingMessage[] =>
  Array.from({ length: count }, (_, n) => message(`${prefix}${n}`));
const storedIds = async (): Promise<string[]> => (await jet.stored(stream.name)).map(({ id }) => id);

describe('a batch', () => {
  it('is stored in its order, without a gap, up to the sequence that it returns', async () => {
    stream = await jet.freshStream();
    await jet.client.publish(`${stream.prefix}.u2.happened`, 'before');
    const last = await batches.publish(messages(500));
    expect(last).toBe(501);
    const stored = (await jet.stored(stream.name)).slice(1);
    expect(stored.map(({ id, sequence }) => [id, sequence])).toEqual(
      messages(500).map(({ messageId }, n) => [messageId, n + 2]),
    );
    expect(stored.map(({ body }) => body)).toEqual(messages(500).map(({ payload }) => payload));
  });

  it.each([
    ['that the stream already has', ['m0', 'first', 'm1']],
    ['of the same id twice', ['m0', 'm1', 'm0']],
  ])('with a message %s is refused, and nothing of it is stored', async (_, ids) => {
    stream = await jet.freshStream();
    await batches.publish([message('first')]);
    expect(await batches.publish(ids.map((id) => message(id)))).toBeUndefined();
    expect(await storedIds()).toEqual(['first']);
    expect(batches.takenBy(stream.name)).toBe(true);
  });

  it('that another stream takes in is refused, and nothing of it is stored', async () => {
    stream = await jet.freshStream();
    const sent = messages(3).map((one) => ({ ...one, stream: 'SOMEBODY_ELSES' }));
    expect(await batches.publish(sent)).toBeUndefined();
    expect(await storedIds()).toEqual([]);
  });

  it('to a subject of no stream is refused at once', async () => {
    stream = jet.freshDefinition();
    const startedAt = performance.now();
    expect(await batches.publish(messages(3))).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(busyBound(4_000));
  });

  it('with a message that is too large is refused, and nothing of it is stored', async () => {
    stream = await jet.freshStream();
    const large = message('large', { payload: 'x'.repeat(2_000_000) });
    expect(await batches.publish([message('m0'), large, message('m1')])).toBeUndefined();
    expect(await storedIds()).toEqual([]);
  });

  it('may be one of more than the broker allows at once', async () => {
    stream = await jet.freshStream();
    const sent = Array.from({ length: 120 }, (_, n) => batches.publish(messages(10, `${n}-`)));
    const sequences = await Promise.all(sent);
    expect(sequences.toSorted((a = 0, b = 0) => a - b)).toEqual(sent.map((_, n) => (n + 1) * 10));
  });
});

describe('a stream that takes no batches', () => {
  it('is not asked again until something may have changed', async () => {
    stream = await jet.freshStream();
    await jet.manager.streams.update(stream.name, { allow_atomic: false });
    expect(await batches.publish(messages(3))).toBeUndefined();
    expect(await storedIds()).toEqual([]);
    expect(batches.takenBy(stream.name)).toBe(false);
    await jet.manager.streams.update(stream.name, { allow_atomic: true });
    batches.interrupt(stream.name);
    batches.resume(stream.name);
    expect(batches.takenBy(stream.name)).toBe(true);
    expect(await batches.publish(messages(3))).toBe(3);
  });
});

describe('a broker that does not answer', () => {
  it('may have stored the batch all the same', async () => {
    stream = await jet.freshStream();
    const hasty = new BatchPublisher(jet.connection, 200);
    await jet.frozen(async () => {
      expect(await hasty.publish(messages(3))).toBeUndefined();
    });
    await batches.publish([message('behind')]);
    expect(await storedIds()).toEqual(['m0', 'm1', 'm2', 'behind']);
  });

  it('is not waited for once the publisher is interrupted', async () => {
    stream = await jet.freshStream();
    const patient = new BatchPublisher(jet.connection, 30_000);
    await jet.frozen(async () => {
      const sent = Array.from({ length: 40 }, (_, n) => patient.publish(messages(2, `${n}-`)));
      patient.interrupt(stream.name);
      expect(await Promise.all(sent)).toEqual(sent.map(() => undefined));
      expect(await patient.publish(messages(2))).toBeUndefined();
    });
  });
});
