import { Queue, Worker } from 'bullmq';
import { definePart } from '../part/protocol.ts';
import { connectRedis } from '../part/redis-client.ts';
import { Tally } from '../part/tally.ts';
import { inTurn, textPayloads } from '../payload.ts';

interface Options {
  readonly redis: string;
  readonly queue: string;
  readonly concurrency: number;
}

const bulk = 500;

/** A worker whose processor does nothing; what is completed is removed. */
export const part = definePart<Options>({
  async start({ redis, queue: name, concurrency }) {
    const [connection, blocking] = [connectRedis(redis), connectRedis(redis)];
    const queue = new Queue<{ data: string }>(name, { connection });
    const bodies = textPayloads();
    const fill = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += bulk) {
        const length = Math.min(bulk, count - sent);
        await queue.addBulk(
          Array.from({ length }, (_, n) => ({ name: 'happened', data: { data: inTurn(bodies, n) } })),
        );
      }
    };
    return {
      go: async ({ count = 0 }) => {
        await fill(count);
        const tally = new Tally(count);
        const worker = new Worker<{ data: string }>(name, async () => tally.arrived(), {
          connection: blocking,
          concurrency,
          removeOnComplete: { count: 0 },
        });
        worker.on('completed', () => tally.done());
        const done = await tally.result(async () => undefined);
        await worker.close();
        return done;
      },
      stop: async () => {
        await queue.close();
        await connection.quit();
        await blocking.quit();
      },
    };
  },
});
