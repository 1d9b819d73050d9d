import { throughput, throughputFigures } from '../harness/throughput.ts';
import type { Contestant, Workload } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { benchStream } from './nats-stream.ts';

const headers = 'Nats-Msg-Id, Nats-Expected-Stream';

/** A contestant whose parts publish to a JetStream stream of the turn's own. */
function onNats(contestant: Omit<Contestant, 'turn' | 'servers'>, part: string, processes = 1): Contestant {
  return {
    ...contestant,
    servers: ['nats'],
    turn: (turn) =>
      throughput(turn, {
        module: partModule(part, import.meta.url),
        options: { ...contestant.options, nats: turn.addresses.nats, stream: benchStream(turn.id) },
        processes,
      }),
  };
}

const contestants: readonly Contestant[] = [
  onNats(
    { name: 'raw window', role: 'limit', options: { window: 4_096, bytes: PAYLOAD_BYTES, headers } },
    './raw-window.part',
  ),
  onNats(
    { name: 'publisher', role: 'ours', options: { window: 4_096, bytes: PAYLOAD_BYTES, headers } },
    './publisher.part',
  ),
  onNats(
    { name: 'js.publish', role: 'peer', options: { window: 4_096, bytes: PAYLOAD_BYTES, headers } },
    './js-publish.part',
  ),
];

export const publishWorkload: Workload = {
  name: 'publish',
  title: 'Publish, stored and acknowledged, 1 KiB',
  figures: throughputFigures('msg'),
  comparedWith: 'raw window',
  contestants,
  goals: [
    { contestant: 'publisher', of: 'raw window', atLeast: 0.95 },
    { contestant: 'publisher', of: 'js.publish', atLeast: 3 },
  ],
};
