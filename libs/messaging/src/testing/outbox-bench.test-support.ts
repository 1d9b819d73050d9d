import type { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import type { Broker } from '../broker/broker.ts';
import { Outbox } from '../outbox/outbox.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { Relaying } from '../relay/relaying.ts';
import { RelayStore } from '../relay/relay-store.ts';
import type { Relay } from '../relay/relay.ts';
import type { Lease } from '../ownership/fence.ts';
import { BatchPublisher } from '../publisher/batch-publisher.ts';
import { Publisher, type PublisherOptions } from '../publisher/publisher.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import type { Log } from '../log/log.ts';
import { type ProvisionMode, Provisioner } from '../topology/provisioner.ts';
import { type Noted, NOTES } from './events.test-support.ts';
import { SETTINGS, startJetStream, type TestJetStream } from './jetstream.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from './messaging-database.test-support.ts';
import { recordingLog } from './recording-log.test-support.ts';

export interface OutboxBench {
  readonly jet: TestJetStream;
  readonly tables: TestDatabase;
  readonly outbox: Outbox;
  add(...events: Noted[]): Promise<string[]>;
  /** A relay with a publisher and a pool of its own, as an instance has. Stopped by `reset`. */
  relay(parts?: RelayParts): TestRelay;
  /** What the stream holds, once there is as much; more than that fails. */
  published(count: number): Promise<PublishedNote[]>;
  /** Stops the relays, empties the tables and makes the stream anew. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

interface RelayParts {
  broker?: Broker;
  database?: Database;
  publisher?: PublisherOptions;
  /** Default: NOTES. */
  streams?: StreamDefinition[];
  /** Default: one on the database. */
  store?: RelayStore;
  mode?: ProvisionMode;
}

export interface TestRelay {
  readonly relay: Relay;
  readonly publisher: Publisher;
  readonly lease: Lease;
  readonly relaying: Relaying;
  readonly log: ReturnType<typeof recordingLog>;
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
  let leases = await leaseRelays(tables.database);
  const rules = new PublishRules([NOTES], () => jet.connection.info?.max_payload);
  const wake = (): void => {
    for (const { relay } of running) relay.wake();
  };
  const outbox = new Outbox({ origin: { source: NOTES.owner }, rules, wake });
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
      const lease = leases.pop();
      if (lease === undefined) throw new Error('The bench has leases for ten relays.');
      const log = recordingLog();
      const relaying = buildRelaying({
        ...parts,
        jet,
        database: parts.database ?? tables.another(4),
        publisher,
        log,
      });
      const { relay } = relaying;
      running.push({ relay, publisher, lease, relaying, log });
      relay.start(lease);
      return { relay, publisher, lease, relaying, log };
    },
    published: (count) => publishedNotes(jet, count),
    reset: async () => {
      await stopRelays();
      await tables.clear();
      leases = await leaseRelays(tables.database);
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
function buildRelaying(
  parts: RelayParts & { jet: TestJetStream; database: Database; publisher: Publisher; log: Log },
): Relaying {
  const { jet, broker = jet.broker, database, publisher, log, streams = [NOTES], mode = 'apply' } = parts;
  const { store = new RelayStore(database) } = parts;
  return new Relaying({
    options: { service: NOTES.owner, streams, database, log },
    broker,
    store,
    publisher,
    batches: new BatchPublisher(broker.connection, 1_000),
    provisioner: new Provisioner(broker.manager, SETTINGS, mode),
    rules: new PublishRules(streams, () => broker.connection.info?.max_payload),
    onBehind: () => undefined,
  });
}

/** A lease for each of ten relays: in a service there is one. */
async function leaseRelays(database: Database): Promise<Lease[]> {
  const rows = await database.query<{ resource: string }>(
    `INSERT INTO messaging.ownership (resource, owner, epoch)
     SELECT 'relay-' || n, 'bench', 1 FROM generate_series(0, 9) AS n RETURNING resource`,
  );
  return rows.map(({ resource }) => ({ resource, owner: 'bench', epoch: 1, suspicious: false }));
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
