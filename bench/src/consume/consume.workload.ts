import { throughput, throughputFigures } from '../harness/throughput.ts';
import type { Contestant, Role, Turn, Workload } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { benchStream } from '../nats/bench-stream.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import type { ServerKind } from '../servers/server-kind.ts';

interface Plan {
  readonly name: string;
  readonly role: Role;
  readonly server: ServerKind;
  readonly part: string;
  readonly options: Contestant['options'];
  /** Consumed in a measured run: two or three seconds' worth. */
  readonly messages: number;
}

/** A contestant that works off what is already there; in a quick run a third of it. */
function consumer({ name, role, server, part, options, messages }: Plan): Contestant {
  return {
    name,
    role,
    options: { ...options, messages, bytes: PAYLOAD_BYTES },
    servers: [server],
    turn: (turn) => {
      const count = turn.quick ? Math.round(messages / 3) : messages;
      return throughput(turn, {
        module: partModule(part, import.meta.url),
        options: { ...options, ...addressOf(turn, server) },
        warmUp: { count: Math.round(count / 4) },
        measured: { count },
      });
    },
  };
}

/** The name of the option is the server's. */
function addressOf({ addresses, id }: Turn, server: ServerKind): object {
  const stream = server === 'nats' ? benchStream(id) : `stream-${id}`;
  return { [server]: addresses[server], stream, queue: `queue-${id}` };
}

const [nats, redis, rabbitmq, postgres] = [150_000, 150_000, 60_000, 20_000];
const partitioned = { consumers: 16, pull: 256 };

export const consumeWorkload: Workload = {
  name: 'consume',
  title: 'Consume and acknowledge each message, 16 ordered partitions, nothing to do, 1 KiB',
  figures: throughputFigures('msg'),
  comparedWith: 'callback, 16 consumers',
  contestants: [
    consumer({
      name: 'callback, 16 consumers',
      role: 'limit',
      server: 'nats',
      part: './callback.part',
      options: partitioned,
      messages: nats,
    }),
    consumer({
      name: 'intake, lanes, acks',
      role: 'ours',
      server: 'nats',
      part: './intake.part',
      options: { ...partitioned, batch: 100 },
      messages: nats,
    }),
    consumer({
      name: 'callback, 1 consumer',
      role: 'limit',
      server: 'nats',
      part: './callback.part',
      options: { consumers: 1, pull: 4_096 },
      messages: nats,
    }),
    consumer({
      name: 'iterator, 16 consumers',
      role: 'peer',
      server: 'nats',
      part: './iterator.part',
      options: partitioned,
      messages: nats,
    }),
    consumer({
      name: 'Redis XREADGROUP + XACK',
      role: 'peer',
      server: 'redis',
      part: './redis-streams.part',
      options: { count: 256, readers: 4 },
      messages: redis,
    }),
    consumer({
      name: 'BullMQ worker',
      role: 'peer',
      server: 'redis',
      part: './bullmq.part',
      options: { concurrency: 256 },
      messages: postgres,
    }),
    consumer({
      name: 'pg-boss fetch + complete',
      role: 'peer',
      server: 'postgres',
      part: './pg-boss.part',
      options: { batch: 500, fetchers: 2 },
      messages: postgres,
    }),
    ...(['classic', 'quorum'] as const).map((type) =>
      consumer({
        name: `RabbitMQ ${type}`,
        role: 'peer',
        server: 'rabbitmq',
        part: './rabbitmq.part',
        options: { type, prefetch: 512 },
        messages: rabbitmq,
      }),
    ),
  ],
  goals: [
    { contestant: 'intake, lanes, acks', of: 'callback, 16 consumers', atLeast: 0.9 },
    { contestant: 'intake, lanes, acks', of: 'Redis XREADGROUP + XACK', atLeast: 1.5 },
  ],
};
