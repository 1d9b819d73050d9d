import { Database, migrate } from '@orderflow/database';
import {
  BatchPublisher,
  MESSAGING_MIGRATIONS,
  Publisher,
  type PublishedMark,
  Relay,
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

  override async mark(marks: readonly PublishedMark[]): Promise<void> {
    await super.mark(marks);
    this.#left -= marks.length;
    if (this.#left === 0) this.#over.resolve();
  }
}

/** The library's relay, from rows that wait to rows that are marked. */
export const part = definePart<Options>({
  async start({ nats, postgres, stream, keys }) {
    const broker = await openStream(nats, stream);
    const database = new Database({ url: postgres, applicationName: 'bench' });
    await migrate(database, MESSAGING_MIGRATIONS);
    const store = new CountingStore(database);
    const publisher = new Publisher(broker.connection);
    const batches = new BatchPublisher(broker.connection);
    let published = 0;
    const drain = async (count: number): Promise<Done> => {
      await fillOutbox(database, { count, keys, stream });
      // Made anew for each run, so that it does not read while the outbox is filled.
      const relay = new Relay({ store, publisher, batches, verify: () => Promise.resolve(), log: silent });
      const done = store.expect(count);
      const beganAt = performance.now();
      relay.start();
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
