import { Database } from '@orderflow/database';
import { type Broker, connectBroker, Publisher } from '@orderflow/messaging/internals';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { inTurn, textPayloads } from '../payload.ts';
import { EFFECTS } from './effect-event.ts';
import { EFFECT_TABLE } from './effect-table.ts';
import { outgoingEffect } from './outgoing-effect.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly keys: number;
}

/** Not all at once: they would all be in the memory of this process. */
const FILL_AT_ONCE = 4_096;
const WINDOW = 2_048;

/**
 * Stores a backlog in the stream of a service that is there already, as its relay would; `go` stores `count` messages. A process of
 * its own, so that neither its work nor its memory is taken for the service's. Makes the table at its start.
 */
export const part = definePart<Options>({
  async start({ nats, postgres, keys }) {
    const database = new Database({ url: postgres, applicationName: 'fill' });
    await database.query(EFFECT_TABLE);
    await database.close();
    const broker = await connectBroker({ servers: [nats], access: {}, name: 'fill', bootTimeoutMs: 10_000 });
    return {
      go: async ({ count = 0 }) => {
        const beganAt = performance.now();
        await fill(broker, count, keys);
        return { count, ms: performance.now() - beganAt };
      },
      stop: () => broker.connection.close(),
    };
  },
});

async function fill({ connection, manager }: Broker, count: number, keys: number): Promise<void> {
  const publisher = new Publisher(connection, { maxInFlight: WINDOW });
  const [nextId, texts] = [messageIds(), textPayloads()];
  const message = (n: number): ReturnType<typeof outgoingEffect> =>
    outgoingEffect({ messageId: nextId(), userId: `user-${n % keys}`, n, text: inTurn(texts, n) });
  for (let sent = 0; sent < count; sent += FILL_AT_ONCE) {
    const length = Math.min(FILL_AT_ONCE, count - sent);
    await Promise.all(Array.from({ length }, (_, n) => publisher.publish(message(sent + n))));
  }
  publisher.close();
  const { state } = await manager.streams.info(EFFECTS.name);
  if (state.messages < count) throw new Error(`${count} messages acknowledged, ${state.messages} stored`);
}
