import { Queue } from 'bullmq';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { connectRedis } from '../part/redis-client.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, textPayloads } from '../payload.ts';

interface Options {
  readonly redis: string;
  readonly queue: string;
  /** 1: `add`, more: `addBulk` of so many. */
  readonly bulk: number;
  readonly window: number;
}

export const part = definePart<Options>({
  async start({ redis, queue: name, bulk, window }) {
    const connection = connectRedis(redis);
    const queue = new Queue<{ data: string }>(name, { connection });
    await queue.waitUntilReady();
    const [bodies, nextId] = [textPayloads(), messageIds()];
    let sent = 0;
    const job = (): { name: string; data: { data: string }; opts: { jobId: string } } => ({
      name: 'happened',
      data: { data: inTurn(bodies, sent++) },
      opts: { jobId: nextId() },
    });
    const addOne = async (): Promise<void> => {
      const { name: event, data, opts } = job();
      await queue.add(event, data, opts);
    };
    const addSome = async (): Promise<void> => {
      await queue.addBulk(Array.from({ length: bulk }, job));
    };
    return {
      go: (run) => inWindow(run, { width: window / bulk, each: bulk }, bulk === 1 ? addOne : addSome),
      stop: async () => {
        await queue.close();
        await connection.flushall('ASYNC');
        await connection.quit();
      },
    };
  },
});
