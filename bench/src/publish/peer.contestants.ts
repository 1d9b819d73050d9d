import { throughput } from '../harness/throughput.ts';
import type { Contestant } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';

const redisOptions = { appendonly: 'yes', appendfsync: 'everysec' };

function onRedis(name: string, part: string, options: Contestant['options']): Contestant {
  return {
    name,
    role: 'peer',
    options: { ...options, ...redisOptions, bytes: PAYLOAD_BYTES },
    servers: ['redis'],
    turn: (turn) =>
      throughput(turn, {
        module: partModule(part, import.meta.url),
        options: {
          ...options,
          redis: turn.addresses.redis,
          stream: `stream-${turn.id}`,
          queue: `queue-${turn.id}`,
        },
      }),
  };
}

function onRabbitmq(type: 'classic' | 'quorum'): Contestant {
  const options = { type, window: 2_048 };
  return {
    name: `RabbitMQ ${type}`,
    role: 'peer',
    options: { ...options, durable: true, persistent: true, confirms: true, bytes: PAYLOAD_BYTES },
    servers: ['rabbitmq'],
    turn: (turn) =>
      throughput(turn, {
        module: partModule('./rabbitmq.part', import.meta.url),
        options: { ...options, rabbitmq: turn.addresses.rabbitmq, queue: `queue-${turn.id}` },
      }),
  };
}

const pgBossOptions = { batch: 500, window: 2_000 };

const pgBoss: Contestant = {
  name: 'pg-boss insert',
  role: 'peer',
  options: { ...pgBossOptions, fsync: true, bytes: PAYLOAD_BYTES },
  servers: ['postgres'],
  turn: (turn) =>
    throughput(turn, {
      module: partModule('./pg-boss.part', import.meta.url),
      options: { ...pgBossOptions, postgres: turn.addresses.postgres, queue: `queue-${turn.id}` },
    }),
};

/** What others would use instead, each as its documentation recommends for throughput. */
export const peerPublishers: readonly Contestant[] = [
  onRedis('Redis XADD', './redis-streams.part', { pipeline: 128, window: 2_048 }),
  onRedis('BullMQ add', './bullmq.part', { bulk: 1, window: 1_024 }),
  onRedis('BullMQ addBulk', './bullmq.part', { bulk: 256, window: 1_024 }),
  pgBoss,
  onRabbitmq('classic'),
  onRabbitmq('quorum'),
];
