import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { connectRedis } from '../part/redis-client.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, payloads } from '../payload.ts';

interface Options {
  readonly redis: string;
  readonly stream: string;
  readonly pipeline: number;
  readonly window: number;
}

/** `XADD` in pipelines, several of them under way, as Redis recommends for throughput. */
export const part = definePart<Options>({
  async start({ redis, stream, pipeline, window }) {
    const client = connectRedis(redis);
    const [bodies, nextId] = [payloads().map((body) => Buffer.from(body)), messageIds()];
    let sent = 0;
    const addSome = async (): Promise<void> => {
      const commands = client.pipeline();
      for (let n = 0; n < pipeline; n += 1) {
        commands.xadd(stream, '*', 'id', nextId(), 'data', inTurn(bodies, sent++));
      }
      const replies = await commands.exec();
      const failure = replies?.find(([error]) => error !== null)?.[0];
      if (failure) throw failure;
    };
    return {
      go: async (run) => {
        const done = await inWindow(run, { width: window / pipeline, each: pipeline }, addSome);
        const stored = await client.xlen(stream);
        if (stored < sent) throw new Error(`${sent} acknowledged, ${stored} stored`);
        return done;
      },
      stop: async () => {
        await client.unlink(stream);
        await client.quit();
      },
    };
  },
});
