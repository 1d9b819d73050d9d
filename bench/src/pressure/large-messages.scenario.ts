import { forgetPeak, peakMemory } from '../backlog/process-memory.ts';
import { fillOutbox } from './outbox-filling.ts';
import { PARTITIONS } from './pressed.handlers.ts';
import { PRESSURE } from './pressed-event.ts';
import { disorderedKeys, effectsOf } from './pressure-tables.ts';
import { atMost, exactly, type Finding, type Scenario } from './scenario.ts';
import { type Stage, until, withBroker, type World } from './stage.ts';

const HEAP_MB = 256;
/** The heap, 64 MiB of unsettled messages, the relay's 4 MiB looks, a batch decoded, and Node.js itself. */
const MEMORY_MIB = 512;

interface Waiting {
  readonly keyPrefix: string;
  readonly count: number;
  readonly keys: number;
  readonly textBytes: number;
}

const fill = ({ database }: World, waiting: Waiting): Promise<void> =>
  fillOutbox(database, { ...waiting, stream: PRESSURE.name, prefix: PRESSURE.prefix, event: 'pressed' });

async function handled({ database }: World, { keyPrefix, count }: Waiting): Promise<Finding[]> {
  return [
    exactly(`${keyPrefix}: handled`, await effectsOf(database, keyPrefix), count),
    exactly(`${keyPrefix}: keys out of order`, await disorderedKeys(database, keyPrefix), 0),
  ];
}

/** They wait in the outbox: the process publishes them and handles them. */
async function throughOutbox(stage: Stage, world: World): Promise<Finding[]> {
  const waiting = { keyPrefix: 'large', count: 800, keys: 40, textBytes: 900_000 };
  await fill(world, waiting);
  const service = await stage.service(world, {}, HEAP_MB);
  const all = async (): Promise<boolean> => (await effectsOf(world.database, 'large')) === waiting.count;
  const tookMs = await until('all are handled', all, 300_000);
  const peak = await peakMemory(service.pid);
  await service.stop();
  const what = `800 events of 900 kB published and handled in ${(tookMs / 1_000).toFixed(0)} s, heap ${HEAP_MB} MB: peak memory`;
  return [atMost(what, peak, MEMORY_MIB, 'MiB'), ...(await handled(world, waiting))];
}

/** They wait in the stream: the relay of a process without a limit has published them. */
async function throughPartitions(stage: Stage, world: World): Promise<Finding[]> {
  const waiting = { keyPrefix: 'full', count: 100 * PARTITIONS, keys: 10 * PARTITIONS, textBytes: 1_000_000 };
  await fill(world, waiting);
  const relay = await stage.service(world, { role: 'relay' });
  const stored = (): Promise<number> =>
    withBroker(world, async ({ manager }) => (await manager.streams.info(PRESSURE.name)).state.messages);
  await until('all are in the stream', async () => (await stored()) >= 800 + waiting.count);
  await relay.stop();
  const service = await stage.service(world, { role: 'worker' }, HEAP_MB);
  const all = async (): Promise<boolean> => (await effectsOf(world.database, 'full')) === waiting.count;
  const tookMs = await until('all are handled', all, 300_000);
  const peak = await peakMemory(service.pid);
  await forgetPeak(service.pid);
  await service.stop();
  const what = `16 partitions of 100 events of 1 MB handled in ${(tookMs / 1_000).toFixed(0)} s, heap ${HEAP_MB} MB: peak memory`;
  return [atMost(what, peak, MEMORY_MIB, 'MiB'), ...(await handled(world, waiting))];
}

async function run(stage: Stage): Promise<Finding[]> {
  const world = await stage.world('large');
  return [...(await throughOutbox(stage, world)), ...(await throughPartitions(stage, world))];
}

export const largeMessages: Scenario = {
  name: 'large',
  title: '800 waiting events of 900 kB, and 16 partitions full of messages of 1 MB, heap of 256 MB',
  run,
};
