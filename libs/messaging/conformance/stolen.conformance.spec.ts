import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ConsumerMessages, jetstream, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually } from '@orderflow/testing';
import { partitionOf } from '../src/topology/partition.ts';
import { type Cluster, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

const KEY = 'robbed';
const CONSUMER = `ledger-COUNTS-${String(partitionOf(KEY, 16)).padStart(2, '0')}`;

let cluster: Cluster;
let foreign: NatsConnection;

beforeAll(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
  await cluster.start('a');
  foreign = await connect({ servers: cluster.nats.url });
});

afterEach(() => cluster.quieten());

afterAll(async () => {
  await foreign.close();
  await cluster.close();
});

interface Thief {
  stolen: JsMsg[];
  stop(): Promise<void>;
}

/** A client that pulls from the partition's consumer and acknowledges nothing. */
async function steal(maxMessages: number): Promise<Thief> {
  const consumer = await jetstream(foreign).consumers.get('COUNTS', CONSUMER);
  const stolen: JsMsg[] = [];
  const callback = (message: JsMsg): void => void stolen.push(message);
  const messages: ConsumerMessages = await consumer.consume({
    max_messages: maxMessages,
    expires: 30_000,
    callback,
  });
  return {
    stolen,
    stop: async () => {
      messages.stop();
      await messages.closed();
    },
  };
}

/** Sends one message after the other, each once it is known who took the one before, until the thief did. */
async function untilNewestIsStolen(thief: Thief): Promise<void> {
  for (;;) {
    const id = await cluster.send(KEY);
    const isStolen = (): boolean => thief.stolen.some(({ headers }) => headers?.get('Nats-Msg-Id') === id);
    const isHandled = async (): Promise<boolean> =>
      (await effectsOf(cluster.database, KEY)).some((effect) => effect.message_id === id);
    await eventually(async () => isStolen() || (await isHandled()), { what: 'somebody takes the message' });
    if (isStolen()) return;
  }
}

describe('a foreign pull that takes messages', () => {
  it('in the middle of a key is noticed, and nothing is handled out of order', async () => {
    await effectOf(cluster.database, await cluster.send(KEY));
    for (let round = 0; round < rounds(2, 10); round++) {
      const load = new Load(cluster, { keys: [KEY], perSecond: 100 });
      const thief = await steal(3);
      await eventually(() => thief.stolen.length >= 3, { what: 'something is stolen' });
      await thief.stop();
      await load.stop();
      expect(await verdict(cluster.database)).toEqual(INTACT);
    }
  });

  it('at the end of a key is noticed, although nothing comes after it', async () => {
    const thief = await steal(1);
    await untilNewestIsStolen(thief);
    await thief.stop();
    // Before its ack deadline of 30 s would bring it back.
    expect(await verdict(cluster.database, 20_000)).toEqual(INTACT);
  });

  it('after a reset, by a pull request from before it, is noticed as well', async () => {
    const thief = await steal(1_000);
    const [owner] = cluster.running;
    await owner?.kill();
    const load = new Load(cluster, { keys: [KEY], perSecond: 100 });
    await cluster.start('b');
    const before = thief.stolen.length;
    await eventually(() => thief.stolen.length > before, { what: 'something is stolen after the takeover' });
    await load.stop();
    await thief.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
    const numbers = (await effectsOf(cluster.database, KEY)).map((effect) => effect.n);
    expect(numbers).toEqual(numbers.map((_n, index) => index + 1));
  });
});
