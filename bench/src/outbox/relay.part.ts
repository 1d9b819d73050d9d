import { Database, migrate } from '@orderflow/database';
import {
  BatchPublisher,
  type Lease,
  MESSAGING_MIGRATIONS,
  type PublishedMark,
  Publisher,
  PublishRules,
  Provisioner,
  Relaying,
  RelayStore,
} from '@orderflow/messaging/internals';
import { definePart, type Done } from '../part/protocol.ts';
import { assertStored, type BenchStream, closeStream, openStream } from '../nats/bench-stream.ts';
import { fillOutbox } from './outbox-rows.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly stream: BenchStream;
  readonly keys: number;
}

/** Says when so many rows are marked: the outbox's word that they are published. */
class CountingStore extends RelayStore {
  #left = 0;
  #over = Promise.withResolvers<void>();

  expect(rows: number): Promise<void> {
    this.#left = rows;
    this.#over = Promise.withResolvers();
    return this.#over.promise;
  }

  override async mark(
    stream: Parameters<RelayStore['mark']>[0],
    marks: readonly PublishedMark[],
    lease: Lease,
  ): Promise<number | undefined> {
    const marked = await super.mark(stream, marks, lease);
    this.#left -= marks.length;
    if (this.#left === 0) this.#over.resolve();
    return marked;
  }
}

/** A stream of the bench names no owner. */
class FoundStreams extends Provisioner {
  override async ensure(stream: { name: string }): ReturnType<Provisioner['ensure']> {
    const found = await this.find(stream.name);
    if (found === undefined) throw new Error(`${stream.name} is missing`);
    return found;
  }
}

const lease: Lease = { resource: 'relay', owner: 'bench', epoch: 1, suspicious: false };
const LEASE = `INSERT INTO messaging.ownership (resource, owner, epoch) VALUES ('relay', 'bench', 1) ON CONFLICT DO NOTHING`;

/** The library's relay, from rows that wait to rows that are marked. */
export const part = definePart<Options>({
  async start({ nats, postgres, stream, keys }) {
    const broker = await openStream(nats, stream);
    const database = new Database({ url: postgres, applicationName: 'bench' });
    await migrate(database, MESSAGING_MIGRATIONS);
    const store = new CountingStore(database);
    const publisher = new Publisher(broker.connection);
    const batches = new BatchPublisher(broker.connection);
    const streams = [{ name: stream.name, prefix: stream.prefix, owner: 'bench' }];
    const parts = {
      options: { service: 'bench', streams, database, log: silent },
      broker,
      store,
      publisher,
      batches,
      // The stream is there, and the bench's own.
      provisioner: new FoundStreams(broker.manager, { partitions: 1, replicas: 1, maxBytes: -1 }, 'verify'),
      rules: new PublishRules(streams, () => broker.connection.info?.max_payload),
      onBehind: ignore,
    };
    await database.query(LEASE);
    let published = 0;
    const drain = async (count: number): Promise<Done> => {
      await fillOutbox(database, { count, keys, stream });
      // Made anew for each run, so that it does not read while the outbox is filled.
      const { relay } = new Relaying(parts);
      const done = store.expect(count);
      const beganAt = performance.now();
      relay.start(lease);
      await done;
      const ms = performance.now() - beganAt;
      await relay.stop();
      await assertStored(broker, stream, (published += count));
      return { count, ms };
    };
    return {
      go: ({ count = 0 }) => drain(count),
      stop: async () => {
        publisher.close();
        await database.close();
        await closeStream(broker, stream);
      },
    };
  },
});

const ignore = (): void => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
