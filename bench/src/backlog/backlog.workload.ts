import { throughputFigures } from '../harness/throughput.ts';
import type { Contestant, FigureDefinition, Workload } from '../harness/workload.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { handleBeforeBacklog, KEYS } from './handle-before-backlog.ts';

const handled = { warmUp: 10_000, measured: 60_000 };
/** A quick run waits for a twentieth of the messages to be stored. */
const QUICK_SHARE = 0.05;
const mostMiB = 250;

const memory = (name: string): FigureDefinition => ({ name, unit: 'MiB', better: 'less' });
const memories = [memory('service RSS'), memory('broker RSS'), memory('broker RSS, stored')] as const;

const behind = (name: string, count: number): Contestant => ({
  name,
  role: 'ours',
  options: {
    behind: count,
    'behind in a quick run': count * QUICK_SHARE,
    ...handled,
    keys: KEYS,
    bytes: PAYLOAD_BYTES,
  },
  servers: ['nats', 'postgres'],
  turn: (turn) => handleBeforeBacklog(turn, { ...handled, behind: turn.quick ? count * QUICK_SHARE : count }),
});

const memoryLimit: Contestant = {
  name: 'memory wanted',
  role: 'limit',
  options: { 'of no process above, MiB': mostMiB },
  servers: [],
  turn: async () => Object.fromEntries(memories.map(({ name }) => [name, mostMiB])),
};

export const backlogWorkload: Workload = {
  name: 'backlog',
  title: 'Batch handler, 1 KiB, with more and more messages waiting behind those that are handled',
  figures: [...throughputFigures('msg'), ...memories],
  comparedWith: 'none behind',
  contestants: [
    memoryLimit,
    behind('none behind', 0),
    behind('100,000 behind', 100_000),
    behind('1,000,000 behind', 1_000_000),
  ],
  goals: [
    { contestant: '100,000 behind', of: 'none behind', atLeast: 0.9 },
    { contestant: '1,000,000 behind', of: 'none behind', atLeast: 0.9 },
    { contestant: '1,000,000 behind', of: 'memory wanted', atLeast: 1, figure: 'service RSS' },
    { contestant: '1,000,000 behind', of: 'memory wanted', atLeast: 1, figure: 'broker RSS' },
  ],
};
