import { throughput, throughputFigures } from '../harness/throughput.ts';
import type { Contestant, Workload } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';

/** Effects that are awaited: first to warm up, then measured. */
interface Amount {
  readonly warmUp: number;
  readonly measured: number;
}

const QUICK_SHARE = 0.3;

/** A backlog of the turn's own is there before the clock starts. */
function onBacklog(contestant: Omit<Contestant, 'turn'>, part: string, amount: Amount): Contestant {
  return {
    ...contestant,
    turn: (turn) => {
      const share = turn.quick ? QUICK_SHARE : 1;
      const [warmUp, measured] = [amount.warmUp * share, amount.measured * share];
      const addresses = Object.fromEntries(contestant.servers.map((kind) => [kind, turn.addresses[kind]]));
      return throughput(turn, {
        module: partModule(part, import.meta.url),
        // More than is awaited, so that the end of the backlog is not part of the figure.
        options: { ...contestant.options, ...addresses, messages: Math.round((warmUp + measured) * 1.1) },
        warmUp: { count: warmUp },
        measured: { count: measured },
      });
    },
  };
}

const bytes = PAYLOAD_BYTES;
const repeated = '1 of 20';

const contestants: readonly Contestant[] = [
  onBacklog(
    {
      name: 'set-based SQL',
      role: 'limit',
      servers: ['postgres'],
      options: { messagesInTransaction: 1_000, bytes, repeated },
    },
    './set-based-sql.part',
    { warmUp: 10_000, measured: 60_000 },
  ),
  onBacklog(
    {
      name: 'batch handler',
      role: 'ours',
      servers: ['nats', 'postgres'],
      options: { handler: 'batch', bytes, repeated },
    },
    './orderflow.part',
    { warmUp: 5_000, measured: 40_000 },
  ),
  onBacklog(
    {
      name: 'plain handler',
      role: 'ours',
      servers: ['nats', 'postgres'],
      options: { handler: 'transactional', bytes, repeated },
    },
    './orderflow.part',
    { warmUp: 3_000, measured: 20_000 },
  ),
  onBacklog(
    {
      name: 'one transaction a message',
      role: 'peer',
      servers: ['nats', 'postgres'],
      options: { handler: 'transactional', messagesInTransaction: 1, bytes, repeated },
    },
    './orderflow.part',
    { warmUp: 200, measured: 2_000 },
  ),
  onBacklog(
    {
      name: 'BullMQ worker with an inbox',
      role: 'peer',
      servers: ['redis', 'postgres'],
      options: { concurrency: 32, connections: 16, bytes, repeated },
    },
    './bullmq.part',
    { warmUp: 500, measured: 5_000 },
  ),
  onBacklog(
    {
      name: 'RabbitMQ consumer with an inbox',
      role: 'peer',
      servers: ['rabbitmq', 'postgres'],
      options: { prefetch: 100, connections: 16, queue: 'classic, durable', bytes, repeated },
    },
    './rabbitmq.part',
    { warmUp: 500, measured: 5_000 },
  ),
];

export const effectsWorkload: Workload = {
  name: 'effects',
  title: 'One effect for each message, written once, 1 KiB',
  figures: throughputFigures('effect'),
  comparedWith: 'set-based SQL',
  contestants,
  goals: [
    { contestant: 'plain handler', of: 'one transaction a message', atLeast: 4 },
    { contestant: 'batch handler', of: 'one transaction a message', atLeast: 15 },
  ],
};
