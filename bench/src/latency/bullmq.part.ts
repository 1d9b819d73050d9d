import { Worker } from 'bullmq';
import { assertOnce } from '../effects/effect-table.ts';
import { openInbox, writeOnce } from '../effects/inbox-of-peers.ts';
import { definePart } from '../part/protocol.ts';
import { TIMED_QUEUE } from './bullmq-load.part.ts';
import { EffectTimes } from './effect-times.ts';
import type { TimedMessage } from './timed-event.ts';

interface Options {
  readonly redis: string;
  readonly postgres: string;
  readonly concurrency: number;
}

export const part = definePart<Options>({
  async start({ redis, postgres, concurrency }) {
    const database = await openInbox(postgres);
    const times = new EffectTimes();
    const handle = async ({ data }: { data: TimedMessage }): Promise<void> => {
      if ((await writeOnce(database, data)) > 0) times.committed(data);
    };
    const connection = { url: redis, maxRetriesPerRequest: null };
    const worker = new Worker<TimedMessage>(TIMED_QUEUE, handle, { connection, concurrency });
    await worker.waitUntilReady();
    return {
      go: ({ count = 0 }) => times.next(count),
      stop: async () => {
        await worker.close();
        await assertOnce(database, times.total);
        await database.close();
      },
    };
  },
});
