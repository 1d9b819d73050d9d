import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { orderedConsumer, sharedConsumer } from '../intake/durable-consumers.ts';
import { startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import { type DesiredConsumer, ensureConsumer } from './consumer-config.ts';

let jet: TestJetStream;
let stream: StreamDefinition;

beforeAll(async () => {
  jet = await startJetStream();
});

beforeEach(async () => {
  stream = await jet.freshStream();
});

afterAll(async () => {
  await jet.stop();
});

const ensure = (wanted: DesiredConsumer): Promise<void> => ensureConsumer(jet.manager, stream.name, wanted);
const info = (wanted: DesiredConsumer): Promise<ConsumerInfo> =>
  jet.manager.consumers.info(stream.name, wanted.durable_name ?? '');
const ordered = (...events: string[]): DesiredConsumer => orderedConsumer('payment', { stream, events }, 7);

describe('the consumer of a partition', () => {
  it('is named after service, stream and partition, and takes only the events that are handled', async () => {
    const wanted = ordered('created', 'cancelled');
    await ensure(wanted);
    const { name, config } = await info(wanted);
    expect(name).toBe(`payment-${stream.name}-07`);
    expect(config).toMatchObject({
      ack_policy: 'explicit',
      max_deliver: -1,
      filter_subjects: [`${stream.prefix}.7.*.cancelled`, `${stream.prefix}.7.*.created`],
    });
    // The server's own backoff would add to ours.
    expect(config.backoff ?? []).toEqual([]);
  });

  it('is left alone when it is as it should be', async () => {
    await ensure(ordered('created', 'cancelled'));
    const before = await info(ordered('created'));
    await ensure(ordered('cancelled', 'created'));
    expect((await info(ordered('created'))).config).toEqual(before.config);
  });

  it('gets new filters in place and keeps its position', async () => {
    await ensure(ordered('created'));
    await jet.client.publish(`${stream.prefix}.u1.created`, '');
    await ensure(ordered('created', 'cancelled'));
    const { config, created } = await info(ordered('created'));
    expect(config.filter_subjects).toHaveLength(2);
    await ensure(ordered('created'));
    const single = await info(ordered('created'));
    expect(single.config.filter_subjects ?? [single.config.filter_subject]).toEqual([
      `${stream.prefix}.7.*.created`,
    ]);
    expect(single.created).toBe(created);
  });

  it('is made again when somebody has deleted it', async () => {
    const wanted = ordered('created');
    await ensure(wanted);
    await jet.manager.consumers.delete(stream.name, wanted.durable_name ?? '');
    await ensure(wanted);
    expect((await info(wanted)).config.durable_name).toBe(wanted.durable_name);
  });

  it('may be ensured by several instances at once', async () => {
    const brokers = await Promise.all([jet.another(), jet.another(), jet.another()]);
    const wanted = ordered('created');
    await Promise.all(brokers.map(({ manager }) => ensureConsumer(manager, stream.name, wanted)));
    expect((await info(wanted)).config.durable_name).toBe(wanted.durable_name);
  });

  it('cannot be made without its stream', async () => {
    await expect(ensureConsumer(jet.manager, 'NOWHERE', ordered('created'))).rejects.toThrow(
      /stream not found/,
    );
  });
});

describe('the consumer of a queue group', () => {
  it('is one for all partitions', async () => {
    const wanted = sharedConsumer('notification-mailer', [`${stream.prefix}.*.*.requested`]);
    await ensure(wanted);
    await ensure(wanted);
    expect(await info(wanted)).toMatchObject({ name: 'notification-mailer', config: { max_deliver: -1 } });
  });
});
