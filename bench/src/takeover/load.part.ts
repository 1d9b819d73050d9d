import { Database } from '@orderflow/database';
import { connectBroker, Publisher } from '@orderflow/messaging/internals';
import { EFFECT_TABLE } from '../effects/effect-table.ts';
import { outgoingEffect } from '../effects/outgoing-effect.ts';
import { messageIds } from '../message-ids.ts';
import { PARTITIONS } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import { inTurn, textPayloads } from '../payload.ts';
import { keysInTurn } from './keys-in-turn.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly perSecond: number;
  readonly keys: number;
}

const TICK_MS = 5;

/** Publishes at a steady rate, whatever happens to it (open loop). The first `go` begins, the second ends and counts. */
export const part = definePart<Options>({
  async start({ nats, postgres, perSecond, keys }) {
    await createEffectTable(postgres);
    const broker = await connectBroker({ servers: [nats], access: {}, name: 'load', bootTimeoutMs: 10_000 });
    const publisher = new Publisher(broker.connection);
    const nextMessage = effectsInTurn(keysInTurn(PARTITIONS, keys / PARTITIONS));
    const published: Promise<unknown>[] = [];
    let [beganAt, ticking]: [number, NodeJS.Timeout | undefined] = [0, undefined];
    const publishDue = (): void => {
      const due = ((performance.now() - beganAt) / 1_000) * perSecond;
      while (published.length < due) published.push(publisher.publish(nextMessage()));
    };
    return {
      go: async () => {
        if (ticking === undefined) {
          beganAt = performance.now();
          ticking = setInterval(publishDue, TICK_MS);
          return { count: 0, ms: 0 };
        }
        clearInterval(ticking);
        await Promise.all(published);
        return { count: published.length, ms: performance.now() - beganAt };
      },
      stop: async () => {
        clearInterval(ticking);
        publisher.close();
        await broker.connection.close();
      },
    };
  },
});

async function createEffectTable(url: string): Promise<void> {
  const database = new Database({ url, applicationName: 'load' });
  await database.query(EFFECT_TABLE);
  await database.close();
}

function effectsInTurn(keys: readonly string[]): () => ReturnType<typeof outgoingEffect> {
  const [nextId, texts] = [messageIds(), textPayloads()];
  let n = 0;
  return () => {
    n += 1;
    return outgoingEffect({ messageId: nextId(), userId: inTurn(keys, n), n, text: inTurn(texts, n) });
  };
}
