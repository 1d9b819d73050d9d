import { afterEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from './eventually.ts';
import { testNatsCluster } from './test-nats-cluster.ts';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('three servers of a cluster', () => {
  it('take a stream with three copies at once, and go on without one of them, which catches up', async () => {
    const nodes = await testNatsCluster(3);
    ends.push(() => Promise.all(nodes.map((node) => node.stop())));
    const [first, ...others] = nodes;
    const connection = await connect({ servers: others.map((node) => node.url) });
    ends.push(() => connection.close());
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'], num_replicas: 3 });
    await first?.kill();
    const stored = async (): Promise<boolean> =>
      (await jetstream(connection).publish('kept.first', 'x', { timeout: 1_000 })).seq > 0;
    await eventually(stored, { what: 'it is stored by two' });
    await first?.restart();
    const current = async (): Promise<number> => {
      const { cluster } = await manager.streams.info('KEPT');
      return cluster?.replicas?.filter((replica) => replica.current).length ?? 0;
    };
    await eventually(async () => (await current()) === 2, {
      what: 'both copies are current',
    });
    expect((await manager.streams.info('KEPT')).cluster).toMatchObject({ name: 'orderflow' });
  });
});
