import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConsumerInfo, DiscardPolicy } from '@nats-io/jetstream';
import { eventually, temporaryDirectory } from '@orderflow/testing';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { startJetStream, type TestJetStream } from '../testing/jetstream.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { orderedConsumer } from './durable-consumers.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Position } from './intake-position.ts';
import type { RemovedRange } from './intake-start.ts';
import { PartitionIntake } from './partition-intake.ts';

let jet: TestJetStream;
let stream: StreamDefinition;
let intakes: PartitionIntake[] = [];

beforeAll(async () => {
  jet = await startJetStream();
});

beforeEach(async () => {
  stream = await jet.freshStream();
});

afterEach(async () => {
  await Promise.all(intakes.map((intake) => intake.stop()));
  intakes = [];
});

afterAll(() => jet.stop());

interface Taken {
  readonly intake: PartitionIntake;
  readonly held: ReceivedMessage[];
  readonly removed: RemovedRange[];
  ids(): string[];
}

/** Takes what comes, from a position that is kept in memory. */
function take(position: { at: Position | undefined } = { at: undefined }): Taken {
  const held: ReceivedMessage[] = [];
  const removed: RemovedRange[] = [];
  const intake = new PartitionIntake({
    broker: jet.broker,
    stream: stream.name,
    consumer: consumer(),
    log: recordingLog(),
    lease: { suspicious: false },
    position: {
      load: () => Promise.resolve(position.at),
      save: (at) => {
        position.at = at;
        return Promise.resolve();
      },
    },
    onMessage: (message) => held.push(message),
    onRemoved: (range) => removed.push(range),
  });
  intakes.push(intake);
  intake.start();
  return { intake, held, removed, ids: () => held.map(({ messageId }) => messageId) };
}

const consumer = (): ReturnType<typeof orderedConsumer> =>
  orderedConsumer('ledger', { stream, events: ['counted'] }, 0);

async function info(): Promise<ConsumerInfo> {
  return await jet.manager.consumers.info(stream.name, consumer().durable_name ?? '');
}

/** Stored in partition 0 as it is: past the transform, which would choose one. */
async function publish(...ids: string[]): Promise<void> {
  for (const id of ids) await jet.client.publish(`${stream.prefix}.user.counted`, '{}', { msgID: id });
}

async function gets(taken: Taken, ...ids: string[]): Promise<void> {
  await eventually(() => ids.every((id) => taken.ids().includes(id)), { what: `${ids.join(', ')} come` });
}

async function floorIs(sequence: number): Promise<void> {
  await eventually(async () => (await info()).ack_floor.stream_seq === sequence, {
    what: `the floor is ${String(sequence)}`,
  });
}

async function createdAt(): Promise<string> {
  return (await jet.manager.streams.info(stream.name)).created;
}

/** One partition, so that each message is of it. */
async function singlePartition(): Promise<void> {
  await jet.manager.streams.delete(stream.name);
  await jet.provisioner('apply', { partitions: 1 }).provision(stream);
}

describe('an intake', () => {
  beforeEach(() => singlePartition());

  it('does not acknowledge a message of a stream that was made anew for one of the old stream', async () => {
    const taken = take();
    await publish('old');
    await gets(taken, 'old');
    await singlePartition();
    await publish('new');
    await gets(taken, 'new');
    expect(taken.held.map(({ sequence }) => sequence)).toEqual([1, 1]);
    // Its handler ends now.
    taken.held[0]?.delivery.ack();
    taken.held[0]?.delivery.working();
    await jet.connection.flush();
    expect(await info()).toMatchObject({ num_ack_pending: 1, ack_floor: { stream_seq: 0 } });
    taken.held[1]?.delivery.ack();
    await floorIs(1);
  });

  it('takes a stream from its first message that was put back to before what was acknowledged', async () => {
    const position: { at: Position | undefined } = { at: undefined };
    const taken = take(position);
    await publish('1', '2', '3');
    await gets(taken, '1', '2', '3');
    const store = path.join(path.dirname(jet.nats.logFile), 'store');
    const messages = path.join(store, 'jetstream', '$G', 'streams', stream.name, 'msgs');
    await jet.nats.kill('SIGTERM');
    const copy = await temporaryDirectory('older-messages');
    await cp(messages, copy.path, { recursive: true });
    await jet.restart();
    taken.intake.restart('reconnected');
    await publish('4', '5', '6');
    await gets(taken, '4', '5', '6');
    for (const held of taken.held) held.delivery.ack();
    await floorIs(6);
    position.at = { incarnation: await createdAt(), sequence: 6 };
    // nats-server puts the floor of the consumer back to the new end: what was stored there meanwhile could be passed over.
    await jet.nats.kill('SIGTERM');
    await rm(messages, { recursive: true });
    await cp(copy.path, messages, { recursive: true });
    await jet.restart();
    taken.held.length = 0;
    taken.intake.restart('reconnected');
    await publish('seven');
    await gets(taken, '1', '2', '3', 'seven');
    await copy.remove();
  });

  it('takes everything when the floor of its consumer is above the end of the stream', async () => {
    const first = take();
    await publish('1');
    await gets(first, '1');
    await first.intake.stop();
    await jet.manager.consumers.reset(stream.name, consumer().durable_name ?? '', 1_000);
    const second = take();
    await publish('2');
    await gets(second, '1', '2');
  });

  it('names what the stream removed before it was handled, once', async () => {
    const position: { at: Position | undefined } = { at: undefined };
    const first = take(position);
    await publish('1', '2', '3');
    await gets(first, '3');
    for (const held of first.held) held.delivery.ack();
    await floorIs(3);
    await first.intake.stop();
    position.at = { incarnation: await createdAt(), sequence: 3 };
    await publish('4', '5', '6', '7');
    await jet.manager.streams.update(stream.name, { max_msgs: 2, discard: DiscardPolicy.Old });
    const second = take(position);
    await gets(second, '6', '7');
    expect(second.removed).toEqual([{ from: 4, to: 5 }]);
    await second.intake.stop();
    const third = take(position);
    await gets(third, '6', '7');
    expect(third.removed).toEqual([]);
  });

  it('does not complain when a new consumer begins in the middle of an old stream', async () => {
    await publish('1', '2', '3');
    await jet.manager.streams.purge(stream.name, { seq: 3 });
    const taken = take();
    await gets(taken, '3');
    expect(taken.removed).toEqual([]);
  });

  it('goes on with what it left when it was held up', async () => {
    const taken = take();
    await publish('1');
    await gets(taken, '1');
    taken.intake.hold('too much');
    expect([taken.intake.pulling, taken.intake.held]).toEqual([true, 'too much']);
    await publish('2');
    taken.intake.resume();
    await gets(taken, '1', '2');
    expect(taken.intake.held).toBeUndefined();
  });
});
