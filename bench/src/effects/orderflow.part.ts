import { type Broker, connectBroker, LaneSet, Publisher } from '@orderflow/messaging/internals';
import { Database } from '@orderflow/database';
import { definePart } from '../part/protocol.ts';
import { EffectCounter } from './effect-counter.ts';
import { EFFECTS } from './effect-event.ts';
import { BatchHandler, PlainHandler } from './effect-handlers.ts';
import { effectMessages } from './effect-messages.ts';
import { bootEffectService } from './effect-service.ts';
import { assertOnce, EFFECT_TABLE } from './effect-table.ts';
import { outgoingEffect } from './outgoing-effect.ts';

export interface OrderflowOptions {
  readonly nats: string;
  readonly postgres: string;
  readonly handler: 'transactional' | 'batch';
  /** Default: as many as the library takes. */
  readonly messagesInTransaction?: number;
  /** Stored before the clock starts. */
  readonly messages: number;
}

/** The window of the stream has to be over before a message comes again, or the broker would drop it. */
const SHORTEST_WINDOW_NS = 100_000_000;

/** A service with one handler, and a stream with a backlog. The first `go` begins the intake. */
export const part = definePart<OrderflowOptions>({
  async start(options) {
    const database = new Database({ url: options.postgres, applicationName: 'bench' });
    await database.query(EFFECT_TABLE);
    if (options.messagesInTransaction !== undefined) limitTransactions(options.messagesInTransaction);
    const app = await bootEffectService({
      nats: options.nats,
      database,
      handler: options.handler === 'batch' ? BatchHandler : PlainHandler,
      providers: [EffectCounter],
    });
    const broker = await connectBroker({
      servers: [options.nats],
      access: {},
      name: 'load',
      bootTimeoutMs: 10_000,
    });
    await storeBacklog(broker, options.messages);
    const counter = app.get(EffectCounter);
    let [done, started] = [0, false];
    return {
      go: async ({ count = 0 }) => {
        const reached = counter.more(count);
        if (!started) await app.startAllMicroservices();
        started = true;
        const result = await reached;
        done += result.count;
        return result;
      },
      stop: async () => {
        await app.close();
        await assertOnce(database, done);
        await database.close();
        await broker.manager.streams.delete(EFFECTS.name);
        await broker.connection.close();
      },
    };
  },
});

async function storeBacklog({ connection, manager }: Broker, count: number): Promise<void> {
  await manager.streams.update(EFFECTS.name, { duplicate_window: SHORTEST_WINDOW_NS });
  const publisher = new Publisher(connection);
  await Promise.all(effectMessages(count).map((effect) => publisher.publish(outgoingEffect(effect))));
  publisher.close();
}

/** The library without its batches: the peer that shows what they are worth. */
function limitTransactions(messages: number): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its object
  const take = LaneSet.prototype.takeBatch;
  LaneSet.prototype.takeBatch = function (this: LaneSet, source) {
    return take.call(this, source, messages);
  };
}
