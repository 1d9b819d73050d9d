import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import { type PublishAck } from './publish-ack.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';

let jet: TestJetStream;
let stream: StreamDefinition;
let publisher: Publisher;

beforeEach(async () => {
  jet = await startJetStream();
  stream = await jet.freshStream();
});

afterEach(async () => {
  publisher.close();
  await jet.stop();
});

function open(options: PublisherOptions): void {
  publisher = new Publisher(jet.connection, options);
}

function publish(id: string): Promise<PublishAck> {
  const subject = `${stream.prefix}.u1.happened`;
  return publisher.publish({ stream: stream.name, subject, messageId: id, headers: {}, payload: id });
}

const sent = (): number => jet.connection.stats().outMsgs;
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);
const idsStored = async (): Promise<string[]> => (await jet.stored(stream.name)).map(({ id }) => id);

describe('a broker that does not answer', () => {
  it('is sent no more messages than the window holds', async () => {
    open({ maxInFlight: 4, ackTimeoutMs: 60_000 });
    const published = await jet.frozen(async () => {
      const before = sent();
      const all = Promise.all(ids(20).map((id) => publish(id)));
      await eventually(() => sent() - before >= 4, { what: 'the window is full' });
      expect(sent() - before).toBe(4);
      return { all };
    });
    expect(await published.all).toHaveLength(20);
    expect(await idsStored()).toHaveLength(20);
  });

  it('is asked again after the time-out, and stores the message once', async () => {
    open({ ackTimeoutMs: 200, maxSends: 100 });
    const published = await jet.frozen(async () => {
      const before = sent();
      const ack = publish('a');
      await eventually(() => sent() - before >= 3, { what: 'it was sent three times' });
      return { ack };
    });
    await expect(published.ack).resolves.toMatchObject({ sequence: 1 });
    await publish('b');
    expect(await idsStored()).toEqual(['a', 'b']);
  });

  it('is given up after the last sending, with the word that the message may be stored', async () => {
    open({ ackTimeoutMs: 100, maxSends: 2 });
    await jet.frozen(async () => {
      await expect(publish('a')).rejects.toMatchObject({
        code: 'PUBLISH_TIMEOUT',
        remedy: expect.stringContaining('same message id'),
      });
    });
  });
});

describe('close()', () => {
  it('rejects what is under way', async () => {
    open({});
    await jet.frozen(async () => {
      const outcomes = Promise.allSettled(ids(3).map((id) => publish(id)));
      publisher.close();
      expect((await outcomes).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    });
  });

  it('rejects what still waits for a place in the window', async () => {
    open({ maxInFlight: 1, ackTimeoutMs: 60_000 });
    await jet.frozen(async () => {
      const before = sent();
      const ended: string[] = [];
      for (const id of ids(4)) void publish(id).catch(() => ended.push(id));
      await eventually(() => sent() > before, { what: 'the window is full' });
      publisher.close();
      await eventually(() => ended.length === 4, { what: 'all four are rejected' });
    });
  });

  it('refuses what is published afterwards', async () => {
    open({});
    publisher.close();
    await expect(publish('late')).rejects.toMatchObject({ code: 'PUBLISH_TIMEOUT' });
    expect(await idsStored()).toEqual([]);
  });
});

describe('a broker that is killed and restarted under load', () => {
  it('has stored every acknowledged message exactly once', async () => {
    open({ maxInFlight: 64, ackTimeoutMs: 500, maxSends: 100 });
    let acknowledged = 0;
    const all = Promise.all(ids(3_000).map((id) => publish(id).then(() => acknowledged++)));
    for (const share of [1_000, 2_000]) {
      await eventually(() => acknowledged >= share, { what: `${share} acknowledgements` });
      await jet.nats.kill('SIGKILL');
      await jet.restart();
    }
    await all;
    const stored = await idsStored();
    expect(stored).toHaveLength(3_000);
    expect(new Set(stored)).toEqual(new Set(ids(3_000)));
  });
});
