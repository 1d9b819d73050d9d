import { PgBoss } from 'pg-boss';
import { definePart } from '../part/protocol.ts';
import { Tally } from '../part/tally.ts';
import { inTurn, textPayloads } from '../payload.ts';

interface Options {
  readonly postgres: string;
  readonly queue: string;
  readonly batch: number;
  readonly fetchers: number;
}

const insertBatch = 1_000;

/** `fetch` of a batch and `complete` of the whole batch, several at once. */
export const part = definePart<Options>({
  async start({ postgres, queue, batch, fetchers }) {
    const boss = new PgBoss({ connectionString: postgres, supervise: false, schedule: false });
    await boss.start();
    await boss.createQueue(queue);
    const bodies = textPayloads();
    const fill = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += insertBatch) {
        const length = Math.min(insertBatch, count - sent);
        await boss.insert(
          queue,
          Array.from({ length }, (_, n) => ({ data: { data: inTurn(bodies, n) } })),
        );
      }
    };
    return {
      go: async ({ count = 0 }) => {
        await fill(count);
        const tally = new Tally(count);
        const loops = Array.from({ length: fetchers }, async () => {
          tally.arrived();
          while (!tally.full) {
            const jobs = await boss.fetch(queue, { batchSize: batch });
            if (jobs.length > 0)
              await boss.complete(
                queue,
                jobs.map(({ id }) => id),
              );
            tally.done(jobs.length);
          }
        });
        return await tally.result(() => Promise.all(loops));
      },
      stop: () => boss.stop({ graceful: false }),
    };
  },
});
