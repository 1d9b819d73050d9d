import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from '@orderflow/testing';
import {
  disordered,
  effectsOf,
  orderedController,
  publishAll,
  World,
} from '../testing/deferred.test-support.ts';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';

let brokers: TestBrokers;
let service: TestService;
let world: World;

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(() => {
  world = new World();
});

afterEach(async () => {
  await service.stop();
});

afterAll(async () => {
  await brokers.stop();
});

const start = async (databaseUrl?: string): Promise<void> => {
  const retry = { firstDelayMs: 200, maxDelayMs: 200, maxAttempts: 1 };
  service = await brokers.startService({
    name: 'ledger',
    controllers: [orderedController(world, { retry, onFailure: 'block' })],
    streams: [COUNTS],
    ...(databaseUrl !== undefined && { databaseUrl }),
  });
};

it('a message that is tried for ever, and what is behind it, outlive their stream', async () => {
  await start();
  world.broken.add('u1');
  await publishAll(service, [
    { key: 'u1', n: 1 },
    { key: 'u1', n: 2 },
  ]);
  const attempts = async (): Promise<boolean> => {
    const rows = await service.database.query(
      `SELECT FROM messaging.parked WHERE key = 'u1' UNION ALL SELECT FROM messaging.attempt WHERE attempts > 8`,
    );
    return rows.length > 0;
  };
  await eventually(attempts, { what: 'it has been tried for a while' });
  const { databaseUrl } = service;
  await service.stop();
  // As its max_age does, with the rows of the outbox that the relay could republish.
  const connection = await connect({ servers: brokers.nats.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.purge(COUNTS.name);
  await connection.close();
  world.broken.clear();
  await start(databaseUrl);
  await service.database.query('DELETE FROM messaging.outbox');
  await eventually(async () => (await effectsOf(service, 'u1')) === 2, {
    what: 'both are handled',
  });
  expect(await disordered(service)).toEqual([]);
});
