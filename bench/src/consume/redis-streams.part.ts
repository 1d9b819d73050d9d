import type { Redis } from 'ioredis';
import { definePart } from '../part/protocol.ts';
import { connectRedis } from '../part/redis-client.ts';
import { Tally } from '../part/tally.ts';
import { inTurn, payloads } from '../payload.ts';

interface Options {
  readonly redis: string;
  readonly stream: string;
  readonly count: number;
  readonly readers: number;
}

const group = 'bench';
const pipelineLength = 500;

/** `XREADGROUP` with COUNT; the `XACK` of what has been read goes out in front of the next read, in one pipeline. */
export const part = definePart<Options>({
  async start({ redis, stream, count, readers }) {
    const client = connectRedis(redis);
    return {
      go: async (run) => {
        await fill(client, stream, run.count ?? 0);
        const tally = new Tally(run.count ?? 0);
        const readEach = Array.from({ length: readers }, async (_, reader) => {
          let read: Buffer[] = [];
          while (!tally.full) {
            const before = read.length;
            read = await acknowledgeAndRead(client, { stream, count, reader: `r${reader}` }, read);
            if (read.length > 0) tally.arrived();
            tally.done(before);
          }
        });
        const done = await tally.result(() => Promise.all(readEach));
        const [unacknowledged] = await client.xpending(stream, group);
        if (unacknowledged !== 0) throw new Error(`${String(unacknowledged)} without acknowledgement`);
        await client.del(stream);
        return done;
      },
      stop: async () => {
        await client.quit();
      },
    };
  },
});

async function fill(client: Redis, stream: string, count: number): Promise<void> {
  const bodies = payloads().map((body) => Buffer.from(body));
  await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  for (let sent = 0; sent < count; sent += pipelineLength) {
    const commands = client.pipeline();
    for (let n = sent; n < Math.min(count, sent + pipelineLength); n += 1)
      commands.xadd(stream, '*', 'id', n, 'data', inTurn(bodies, n));
    await commands.exec();
  }
}

async function acknowledgeAndRead(
  client: Redis,
  { stream, count, reader }: { stream: string; count: number; reader: string },
  read: readonly Buffer[],
): Promise<Buffer[]> {
  // Both are written before either is answered: a pipeline without its bookkeeping.
  const acknowledged = read.length === 0 ? undefined : client.xack(stream, group, ...read);
  const reply: unknown = await client.callBuffer(
    'XREADGROUP',
    ...['GROUP', group, reader, 'COUNT', count, 'STREAMS', stream, '>'],
  );
  await acknowledged;
  return idsIn(reply);
}

/** `[[stream, [[id, fields], ...]]]`, or null when there is nothing new. */
function idsIn(reply: unknown): Buffer[] {
  const [stream] = listIn(reply);
  const [, entries] = listIn(stream);
  return listIn(entries).map((entry) => {
    const [id] = listIn(entry);
    if (!Buffer.isBuffer(id)) throw new Error('an entry of a stream has an id');
    return id;
  });
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
