import { Database } from '@orderflow/database';
import {
  BatchPublisher,
  connectBroker,
  type Lease,
  Provisioner,
  Publisher,
  PublishRules,
  Relaying,
  RelayStore,
} from '@orderflow/messaging/internals';
import { definePart } from '../part/protocol.ts';
import { PRESSURE } from './pressed-event.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
}

/** Knows how long each look took. */
class TimedStore extends RelayStore {
  times: number[] = [];

  override async look(...args: Parameters<RelayStore['look']>): ReturnType<RelayStore['look']> {
    const beganAt = performance.now();
    const found = await super.look(...args);
    this.times.push(performance.now() - beganAt);
    return found;
  }
}

const lease: Lease = { resource: 'relay', owner: 'bench', epoch: 1, suspicious: false };
const LEASE = `INSERT INTO messaging.ownership (resource, owner, epoch) VALUES ('relay', 'bench', 1) ON CONFLICT DO NOTHING`;

/** The relay alone. `go` lasts until it has looked `count` times, and tells how long each look took. */
export const part = definePart<Options>({
  async start({ nats, postgres }) {
    const broker = await connectBroker({ servers: [nats], access: {}, name: 'relay', bootTimeoutMs: 10_000 });
    const database = new Database({ url: postgres, applicationName: 'relay' });
    await database.query(LEASE);
    const [store, publisher] = [new TimedStore(database), new Publisher(broker.connection)];
    const streams = [PRESSURE];
    const { relay } = new Relaying({
      options: {
        service: 'bench',
        streams,
        database,
        log: { debug: ignore, info: ignore, warn, error: warn },
      },
      broker,
      store,
      publisher,
      batches: new BatchPublisher(broker.connection),
      provisioner: new Provisioner(
        broker.manager,
        { partitions: 16, replicas: 1, maxBytes: 10_737_418_240 },
        'apply',
      ),
      rules: new PublishRules(streams, () => broker.connection.info?.max_payload),
      onBehind: ignore,
    });
    relay.start(lease);
    return {
      go: async ({ count = 0 }) => {
        const beganAt = performance.now();
        const from = store.times.length;
        while (store.times.length < from + count) {
          relay.wake();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const latencies = Float64Array.from(store.times.slice(from));
        return { count, ms: performance.now() - beganAt, latencies };
      },
      stop: async () => {
        await relay.stop();
        publisher.close();
        await broker.connection.close();
        await database.close();
      },
    };
  },
});

const ignore = (): void => undefined;
const warn = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
