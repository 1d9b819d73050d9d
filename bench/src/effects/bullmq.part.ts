import { Queue, Worker } from 'bullmq';
import { definePart } from '../part/protocol.ts';
import { EffectCounter } from './effect-counter.ts';
import { effectMessages } from './effect-messages.ts';
import { assertOnce, type Effect } from './effect-table.ts';
import { openInbox, writeOnce } from './inbox-of-peers.ts';

interface Options {
  readonly redis: string;
  readonly postgres: string;
  readonly concurrency: number;
  readonly messages: number;
}

const QUEUE = 'effects';
const BULK = 1_000;

export const part = definePart<Options>({
  async start({ redis, postgres, concurrency, messages }) {
    const database = await openInbox(postgres);
    const connection = { url: redis, maxRetriesPerRequest: null };
    const queue = new Queue<Effect>(QUEUE, { connection });
    await queue.obliterate({ force: true });
    const backlog = effectMessages(messages);
    for (let sent = 0; sent < backlog.length; sent += BULK) {
      const some = backlog.slice(sent, sent + BULK);
      await queue.addBulk(some.map((data) => ({ name: QUEUE, data, opts: { removeOnComplete: true } })));
    }
    const counter = new EffectCounter();
    const handle = async ({ data }: { data: Effect }): Promise<void> =>
      counter.add(await writeOnce(database, data));
    const worker = new Worker<Effect>(QUEUE, handle, { connection, concurrency, autorun: false });
    let done = 0;
    return {
      go: async ({ count = 0 }) => {
        const reached = counter.more(count);
        if (!worker.isRunning()) void worker.run();
        const result = await reached;
        done += result.count;
        return result;
      },
      stop: async () => {
        await worker.close();
        await assertOnce(database, done);
        await queue.obliterate({ force: true });
        await queue.close();
        await database.close();
      },
    };
  },
});
