import { throughput, throughputFigures } from '../harness/throughput.ts';
import type { Contestant, Role, Workload } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { benchStream } from '../nats/bench-stream.ts';

interface Plan {
  readonly name: string;
  readonly role: Role;
  readonly part: string;
  readonly keys: number;
  readonly rows: number;
  readonly options: Contestant['options'];
}

/** A relay and an outbox in which so many rows wait; measured until all are marked. */
function draining({ name, role, part, keys, rows, options }: Plan): Contestant {
  return {
    name,
    role,
    options: { keys, rows, ...options },
    servers: ['nats', 'postgres'],
    turn: (turn) => {
      const count = turn.quick ? rows / 4 : rows;
      const { nats, postgres } = turn.addresses;
      return throughput(turn, {
        module: partModule(part, import.meta.url),
        options: { nats, postgres, stream: benchStream(turn.id), keys },
        warmUp: { count: count / 4 },
        measured: { count },
      });
    },
  };
}

const window = 4_096;

/** The same stream and the same size of payload without any database. */
const rawPublish: Contestant = {
  name: 'raw window',
  role: 'limit',
  options: { window, bytes: PAYLOAD_BYTES, headers: 'Nats-Msg-Id and Nats-Expected-Stream' },
  servers: ['nats'],
  turn: (turn) =>
    throughput(turn, {
      module: partModule('../publish/raw-window.part', import.meta.url),
      options: { window, nats: turn.addresses.nats, stream: benchStream(turn.id) },
    }),
};

const relay = { role: 'ours', part: './relay.part', rows: 40_000, options: { look: 1_000, window } } as const;

export const outboxWorkload: Workload = {
  name: 'outbox',
  title: 'Outbox to stream, rows of 1 KiB that wait, until they are marked',
  figures: throughputFigures('row'),
  comparedWith: 'raw window',
  contestants: [
    rawPublish,
    draining({ ...relay, name: 'relay, 1,000 keys', keys: 1_000 }),
    draining({ ...relay, name: 'relay, one hot key', keys: 1 }),
    draining({
      name: 'polling relay, one row at a time',
      role: 'peer',
      part: './polling-relay.part',
      keys: 1_000,
      rows: 4_000,
      options: { look: 1, publish: 'js.publish' },
    }),
  ],
  goals: [
    { contestant: 'relay, 1,000 keys', of: 'polling relay, one row at a time', atLeast: 10 },
    { contestant: 'relay, one hot key', of: 'polling relay, one row at a time', atLeast: 10 },
    { contestant: 'relay, 1,000 keys', figure: 'rate', bound: { atLeast: 15_000 } },
    { contestant: 'relay, one hot key', figure: 'rate', bound: { atLeast: 5_000 } },
  ],
};
