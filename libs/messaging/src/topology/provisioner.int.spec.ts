import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StreamConfig } from '@nats-io/jetstream';
import { SETTINGS, startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import { Provisioner } from './provisioner.ts';
import { DEAD_LETTERS } from './stream-config.ts';

let jet: TestJetStream;

beforeAll(async () => {
  jet = await startJetStream();
});

afterAll(async () => {
  await jet.stop();
});

const configOf = async (name: string): Promise<StreamConfig> => (await jet.manager.streams.info(name)).config;

describe('a stream of our own', () => {
  it('is created, and the second time unchanged', async () => {
    const stream = jet.freshDefinition();
    expect(await jet.provisioner().provision(stream)).toBe('created');
    const config = await configOf(stream.name);
    expect(await jet.provisioner().provision(stream)).toBe('unchanged');
    expect(await configOf(stream.name)).toEqual(config);
  });

  it('is updated in place, with its messages and what the operator has set', async () => {
    const stream = await jet.freshStream();
    await jet.client.publish(`${stream.prefix}.u1.happened`, 'kept');
    const metadata = { ...(await configOf(stream.name)).metadata, 'operator.note': 'mine' };
    await jet.manager.streams.update(stream.name, { metadata, max_msgs_per_subject: 77 });
    expect(await jet.provisioner('apply', { maxBytes: 5_000_000 }).provision(stream)).toBe('updated');
    expect(await configOf(stream.name)).toMatchObject({
      max_bytes: 5_000_000,
      max_msgs_per_subject: 77,
      metadata: { 'operator.note': 'mine', 'orderflow.owner': 'owner' },
    });
    expect(await jet.stored(stream.name)).toMatchObject([{ body: 'kept' }]);
    expect(await jet.provisioner('apply', { maxBytes: 5_000_000 }).provision(stream)).toBe('unchanged');
  });

  it('that was made before it took batches is updated in place, and the operator is told in mode verify', async () => {
    const stream = await jet.freshStream();
    await jet.client.publish(`${stream.prefix}.u1.happened`, 'kept');
    await jet.manager.streams.update(stream.name, { allow_atomic: false });
    await expect(jet.provisioner('verify').provision(stream)).rejects.toMatchObject({
      code: 'STREAM_DIFFERS',
      message: expect.stringMatching(/allow_atomic +(false|-) +true/),
    });
    expect((await configOf(stream.name)).allow_atomic).not.toBe(true);
    expect(await jet.provisioner().provision(stream)).toBe('updated');
    expect((await configOf(stream.name)).allow_atomic).toBe(true);
    expect(await jet.stored(stream.name)).toMatchObject([{ body: 'kept' }]);
  });

  it('that several instances provision at once is created by one and found by the others', async () => {
    const stream = jet.freshDefinition();
    const brokers = await Promise.all([jet.another(), jet.another(), jet.another()]);
    const outcomes = await Promise.all(
      brokers.map(({ manager }) => new Provisioner(manager, SETTINGS, 'apply').provision(stream)),
    );
    expect(outcomes.filter((outcome) => outcome === 'updated')).toEqual([]);
    expect(outcomes).toContain('created');
  });

  it('with a change that JetStream cannot make is refused, with what to do instead', async () => {
    const stream = jet.freshDefinition();
    const metadata = { 'orderflow.owner': 'owner', 'orderflow.partitions': '16' };
    const subjects = [`${stream.prefix}.*.*`];
    await jet.manager.streams.add({ name: stream.name, subjects, metadata, storage: 'memory' });
    await expect(jet.provisioner().provision(stream)).rejects.toMatchObject({
      code: 'STREAM_DIFFERS',
      message: expect.stringMatching(/storage.*"memory".*"file"/),
      remedy: expect.stringContaining('new stream'),
    });
    expect((await configOf(stream.name)).storage).toBe('memory');
  });

  it('with another number of partitions is refused', async () => {
    const stream = await jet.freshStream();
    await expect(jet.provisioner('apply', { partitions: 8 }).provision(stream)).rejects.toMatchObject({
      code: 'STREAM_DIFFERS',
      message: expect.stringMatching(/16 partitions.*set to 8/),
      remedy: expect.stringContaining('recorded count'),
    });
    expect((await configOf(stream.name)).subject_transform?.dest).toContain('partition(16,1)');
  });
});

describe('the stream of dead letters, which all services share', () => {
  it('is created by the first, and unchanged for the others', async () => {
    expect(await jet.provisioner().provision(DEAD_LETTERS)).toBe('created');
    expect(await jet.provisioner().provision(DEAD_LETTERS)).toBe('unchanged');
    expect(await jet.provisioner('verify').provision(DEAD_LETTERS)).toBe('unchanged');
  });
});

describe('a stream of somebody else', () => {
  it.each([
    ['another service', { 'orderflow.owner': 'somebody' }],
    ['nobody that we know', {}],
  ])('that belongs to %s is refused and left as it is', async (_, metadata) => {
    const stream = jet.freshDefinition();
    await jet.manager.streams.add({ name: stream.name, subjects: [`${stream.prefix}.>`], metadata });
    const before = await configOf(stream.name);
    await expect(jet.provisioner().provision(stream)).rejects.toMatchObject({ code: 'STREAM_FOREIGN' });
    expect(await configOf(stream.name)).toEqual(before);
  });

  it('is waited for until its owner has made it', async () => {
    const stream = jet.freshDefinition('somebody');
    const awaited = jet.provisioner().awaitForeign(stream, 10_000);
    await new Provisioner((await jet.another()).manager, SETTINGS, 'apply').provision(stream);
    await expect(awaited).resolves.toBeUndefined();
  });

  it('that never comes is refused, naming who has to make it', async () => {
    const stream = jet.freshDefinition('somebody');
    await expect(jet.provisioner().awaitForeign(stream, 100)).rejects.toMatchObject({
      code: 'STREAM_MISSING',
      remedy: expect.stringContaining('somebody'),
    });
  });

  it('with another number of partitions is refused', async () => {
    const stream = await jet.freshStream();
    const awaited = jet.provisioner('apply', { partitions: 4 }).awaitForeign(stream, 100);
    await expect(awaited).rejects.toMatchObject({ code: 'STREAM_DIFFERS' });
  });
});

describe('verify', () => {
  it('finds nothing to say about a stream that is as it should be', async () => {
    const stream = await jet.freshStream();
    expect(await jet.provisioner('verify').provision(stream)).toBe('unchanged');
  });

  it('changes nothing and prints the differences', async () => {
    const stream = await jet.freshStream();
    const before = await configOf(stream.name);
    await expect(jet.provisioner('verify', { maxBytes: 7_000_000 }).provision(stream)).rejects.toMatchObject({
      code: 'STREAM_DIFFERS',
      message: expect.stringMatching(/max_bytes.*100000000.*7000000/),
      remedy: expect.stringContaining('apply'),
    });
    expect(await configOf(stream.name)).toEqual(before);
  });

  it('refuses a stream that does not exist, and does not make it', async () => {
    const stream = jet.freshDefinition();
    await expect(jet.provisioner('verify').provision(stream)).rejects.toMatchObject({
      code: 'STREAM_MISSING',
    });
    expect(await jet.provisioner().find(stream.name)).toBeUndefined();
  });
});
