import type { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import type { Broker } from '../broker/broker.ts';
import { ForgottenRows } from '../outbox/forgotten.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Relay } from '../outbox/relay.ts';
import { RelayStore } from '../outbox/relay-store.ts';
import { BatchPublisher } from '../publisher/batch-publisher.ts';
import { Publisher, type PublisherOptions } from '../publisher/publisher.ts';
import { type Noted, NOTES } from './events.test-support.ts';
import { startJetStream, type TestJetStream } from './jetstream.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from './messaging-database.test-support.ts';
import { recordingLog } from './recording-log.test-support.ts';

export interface OutboxBench {
  readonly jet: TestJetStream;
  readonly tables: TestDatabase;
  readonly outbox: Outbox;
  add(...events: Noted[]): Promise<string[]>;
  /** A relay with a publisher and a pool of its own, as an instance has. Stopped by `reset`. */
  relay(parts?: { broker?: Broker; database?: Database; publisher?: PublisherOptions }): TestRelay;
  /** What the stream holds, once there is as much; more than that fails. */
  published(count: number): Promise<PublishedNote[]>;
  /** Stops the relays, empties the tables and makes the stream anew. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestRelay {
  readonly relay: Relay;
  readonly publisher: Publisher;
}

export interface PublishedNote {
  id: string;
  userId: string;
  n: number;
  time: Date;
}

export async function startOutboxBench(): Promise<OutboxBench> {
  const [jet, tables] = await Promise.all([startJetStream(), startMessagingDatabase()]);
  await jet.provisioner().provision(NOTES);
  const running: TestRelay[] = [];
  const outbox = new Outbox({ source: 'notes' }, () => {
    for (const { relay } of running) relay.wake();
  });
  const stopRelays = async (): Promise<void> => {
    for (const { relay, publisher } of running.splice(0)) {
      publisher.close();
      await relay.stop();
    }
  };
  return {
    jet,
    tables,
    outbox,
    add: (...events) => tables.database.transaction((tx) => outbox.add(tx, events)),
    relay: (parts = {}) => {
      const publisher = new Publisher((parts.broker ?? jet.broker).connection, parts.publisher);
      const relay = buildRelay({
        broker: parts.broker ?? jet.broker,
        database: parts.database ?? tables.another(2),
        publisher,
      });
      running.push({ relay, publisher });
      relay.start();
      return { relay, publisher };
    },
    published: (count) => publishedNotes(jet, count),
    reset: async () => {
      await stopRelays();
      await tables.clear();
      await jet.manager.streams.delete(NOTES.name);
      await jet.provisioner().provision(NOTES);
    },
    stop: async () => {
      await stopRelays();
      await jet.stop();
      await tables.stop();
    },
  };
}

/** As an instance of the service puts it together. */
function buildRelay(parts: { broker: Broker; database: Database; publisher: Publisher }): Relay {
  const { broker, database, publisher } = parts;
  const log = recordingLog();
  const forgotten = new ForgottenRows({ database, manager: broker.manager, streams: [NOTES.name], log });
  const verify = async (): Promise<void> => {
    await forgotten.recall();
  };
  const batches = new BatchPublisher(broker.connection, 1_000);
  return new Relay({ store: new RelayStore(database), publisher, batches, verify, log });
}

async function publishedNotes(jet: TestJetStream, count: number): Promise<PublishedNote[]> {
  const all = await eventually(
    async () => {
      const { state } = await jet.manager.streams.info(NOTES.name);
      return state.messages >= count ? await jet.stored(NOTES.name) : undefined;
    },
    { what: `${count} published events` },
  );
  if (all.length > count) throw new Error(`${all.length} published events instead of ${count}`);
  return all.map(({ id, body, time }) => {
    const { userId, n } = JSON.parse(body) as Noted;
    return { id, userId, n, time };
  });
}
