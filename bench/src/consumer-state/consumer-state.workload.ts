import { goTogether } from '../harness/throughput.ts';
import type { Contestant, Figures, Turn, Workload } from '../harness/workload.ts';
import { benchStream } from '../nats/bench-stream.ts';
import { partModule } from '../part/part-handle.ts';
import type { ConsumerForm } from './consumer-form.ts';
import { cpuOf } from './process-cpu.ts';

const subscribers = 6;
/** Published messages a second: as many as a shop of 190 orders a second. */
const rate = 2_400;

const today: ConsumerForm = { acks: 'each', storage: 'file', partitioned: true };

function form(name: string, role: Contestant['role'], differs: Partial<ConsumerForm>): Contestant {
  const options = { ...today, ...differs };
  return {
    name,
    role,
    options: { ...options, subscribers, rate },
    servers: ['nats'],
    turn: (turn) => measure(turn, options),
  };
}

async function measure(turn: Turn, options: ConsumerForm): Promise<Figures> {
  const stream = benchStream(turn.id);
  const { nats, natsPid } = turn.addresses;
  const [readers, load] = await Promise.all([
    turn.startPart(partModule('./subscribers.part', import.meta.url), {
      nats,
      stream,
      subscribers,
      ...options,
    }),
    turn.startPart(partModule('./load.part', import.meta.url), { nats, stream, rate }),
  ]);
  const inMs = (ms: number): { count: number } => ({ count: Math.round((rate * ms) / 1_000) });
  await goTogether([readers, load], inMs(turn.warmUpMs));
  const measured = inMs(turn.quick ? turn.measuredMs : 3 * turn.measuredMs);
  const before = await cpuOf(natsPid);
  await goTogether([readers, load], measured);
  return { 'server CPU': (((await cpuOf(natsPid)) - before) * 1_000) / measured.count };
}

export const consumerStateWorkload: Workload = {
  name: 'consumer-state',
  title: `What nats-server spends on the consumers of ${subscribers} services, ${rate} messages a second, 16 partitions, 1 KiB`,
  figures: [{ name: 'server CPU', unit: 'us/msg', better: 'less', digits: 0 }],
  comparedWith: 'file, an ack each',
  contestants: [
    form('file, an ack each', 'ours', {}),
    form('file, cumulative acks', 'peer', { acks: 'cumulative' }),
    form('memory, an ack each', 'peer', { storage: 'memory' }),
    form('memory, cumulative acks', 'peer', { storage: 'memory', acks: 'cumulative' }),
    form('memory, no acks', 'peer', { storage: 'memory', acks: 'none' }),
    form('file, cumulative, one consumer a service', 'limit', { acks: 'cumulative', partitioned: false }),
  ],
  goals: [],
};
