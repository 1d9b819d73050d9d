import type { Contestant, Workload } from '../harness/workload.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { type Departure, LOAD, loseInstance } from './lose-instance.ts';

/** The default of the service, which no contestant changes. */
const leaseMs = 2_000;

const leaseTime: Contestant = {
  name: 'lease time',
  role: 'limit',
  options: { leaseMs, 'is not measured': 'a lost instance is noticed no sooner' },
  servers: [],
  turn: async () => ({ worst: leaseMs, median: leaseMs }),
};

const losing = (name: string, left: string, departure: Departure): Contestant => ({
  name,
  role: 'ours',
  options: { instances: 2, left, ...LOAD, bytes: PAYLOAD_BYTES, leaseMs },
  servers: ['nats', 'postgres'],
  turn: (turn) => loseInstance(turn, departure),
});

/** Above 1 is sooner than the lease time. */
const within = (ms: number): number => leaseMs / ms;

export const takeoverWorkload: Workload = {
  name: 'takeover',
  title:
    'From the signal to the next effect in the partitions of a lost instance: the last and the middle one',
  figures: [
    { name: 'worst', unit: 'ms', better: 'less' },
    { name: 'median', unit: 'ms', better: 'less' },
  ],
  comparedWith: 'lease time',
  contestants: [
    leaseTime,
    losing('kill -9', 'SIGKILL', { leave: (instance) => instance.signal('SIGKILL') }),
    losing('SIGSTOP, later SIGCONT', 'SIGSTOP', {
      leave: (instance) => instance.signal('SIGSTOP'),
      comeBack: (instance) => instance.signal('SIGCONT'),
    }),
    losing('clean stop', 'told to stop, as SIGTERM does', { leave: (instance) => void instance.stop() }),
  ],
  goals: [
    { contestant: 'kill -9', of: 'lease time', atLeast: within(3_000) },
    { contestant: 'clean stop', of: 'lease time', atLeast: within(300) },
  ],
};
