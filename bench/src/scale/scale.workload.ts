import { throughputFigures } from '../harness/throughput.ts';
import type { Contestant, Workload, WorkloadResult } from '../harness/workload.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { scalingPlot } from '../report/plots.ts';
import { type Instances, KEYS, scaleFigures } from './instances.ts';

const counts = [1, 2, 3, 4];
const callMs = 5;
/** Handlers at once in one instance, as the library has it. */
const atOnce = { ordered: 64, shared: 16 } as const;
type Handler = Instances['handler'];

const nameOf = (handler: Handler, instances: number): string =>
  `${handler}, ${instances} ${instances === 1 ? 'instance' : 'instances'}`;

function onInstances(handler: Handler, instances: number, connections: number): Contestant {
  const narrow = connections < atOnce[handler];
  const [name, one] = [instances, 1].map(
    (count) => nameOf(handler, count) + (narrow ? '' : `, ${connections} connections each`),
  );
  return {
    name: name ?? '',
    role: handler === 'ordered' ? 'ours' : 'peer',
    comparedWith: one ?? '',
    options: {
      callMs,
      connections,
      'handlers at once, each instance': atOnce[handler],
      keys: KEYS,
      bytes: PAYLOAD_BYTES,
      'limit, calls/s each instance': (connections / callMs) * 1_000,
    },
    servers: ['nats', 'postgres'],
    turn: (turn) => scaleFigures(turn, { instances, handler, callMs, connections }),
  };
}

/** The straight line is that of the ordered handler. */
function rateOverInstances({ contestants }: WorkloadResult): string {
  const rateOf = (name: string): number =>
    contestants.find((contestant) => contestant.name === name)?.figures['rate']?.median ?? Number.NaN;
  const series = (['ordered', 'shared'] as const).map((handler) => ({
    name: handler,
    points: counts.map((count) => [count, rateOf(nameOf(handler, count))] as const),
  }));
  return scalingPlot('External handlers that wait 5 ms', { label: 'messages/s' }, series);
}

export const scaleWorkload: Workload = {
  name: 'scale',
  title: 'External handlers that call elsewhere for 5 ms, one connection an instance, then write a row',
  figures: [
    ...throughputFigures('msg'),
    { name: 'busy cores', unit: 'of the machine', better: 'less', digits: 2 },
  ],
  comparedWith: nameOf('ordered', 1),
  contestants: [
    ...counts.map((count) => onInstances('ordered', count, 1)),
    ...counts.map((count) => onInstances('shared', count, 1)),
    // The instance's own limit instead of the remote's: shows what is left when processor time is what they share.
    onInstances('ordered', 1, atOnce.ordered),
    onInstances('ordered', 3, atOnce.ordered),
  ],
  goals: [{ contestant: nameOf('ordered', 3), of: nameOf('ordered', 1), atLeast: 2.9 }],
  plots: (result) => ({ 'scale.svg': rateOverInstances(result) }),
};
