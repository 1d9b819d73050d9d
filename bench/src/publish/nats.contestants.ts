import { throughput } from '../harness/throughput.ts';
import type { Contestant, Role } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { benchStream } from '../nats/bench-stream.ts';

interface Plan {
  readonly name: string;
  readonly role: Role;
  readonly part: string;
  readonly options: Contestant['options'];
  readonly processes?: number;
  readonly comparedWith?: string;
}

/** A contestant whose processes publish to a JetStream stream of the turn's own. */
function onNats({ name, role, part, options: own, processes = 1, comparedWith }: Plan): Contestant {
  const options = { ...own, bytes: PAYLOAD_BYTES };
  return {
    name,
    role,
    options: { ...options, processes },
    ...(comparedWith === undefined ? {} : { comparedWith }),
    servers: ['nats'],
    turn: (turn) =>
      throughput(turn, {
        module: partModule(part, import.meta.url),
        options: { ...options, nats: turn.addresses.nats, stream: benchStream(turn.id) },
        processes,
      }),
  };
}

const headers = 'Nats-Msg-Id and Nats-Expected-Stream';
const inWindow = { window: 4_096, headers };
const inBursts = { burst: 1_000, acknowledgement: 'none', headers };

const severalProcesses = [2, 4].flatMap((processes) => {
  const limit = `ingest, ${processes} processes`;
  return [
    onNats({
      name: limit,
      role: 'limit',
      part: './ingest.part',
      options: inBursts,
      processes,
      comparedWith: limit,
    }),
    onNats({
      name: `publisher, ${processes} processes`,
      role: 'ours',
      part: './publisher.part',
      options: { ...inWindow, window: inWindow.window / processes },
      processes,
      comparedWith: limit,
    }),
  ];
});

export const natsPublishers: readonly Contestant[] = [
  onNats({ name: 'raw window', role: 'limit', part: './raw-window.part', options: inWindow }),
  onNats({ name: 'publisher', role: 'ours', part: './publisher.part', options: inWindow }),
  onNats({ name: 'js.publish', role: 'peer', part: './js-publish.part', options: inWindow }),
  onNats({
    name: 'atomic batches',
    role: 'peer',
    part: './atomic-batch.part',
    options: { batch: 256, window: 4_096, headers: 'Nats-Msg-Id' },
  }),
  onNats({ name: 'ingest', role: 'limit', part: './ingest.part', options: inBursts }),
  ...severalProcesses,
];
