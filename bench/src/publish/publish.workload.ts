import { throughputFigures } from '../harness/throughput.ts';
import type { Workload } from '../harness/workload.ts';
import { natsPublishers } from './nats.contestants.ts';
import { peerPublishers } from './peer.contestants.ts';

export const publishWorkload: Workload = {
  name: 'publish',
  title: 'Publish, stored and acknowledged, 1 KiB',
  figures: throughputFigures('msg'),
  comparedWith: 'raw window',
  contestants: [...natsPublishers, ...peerPublishers],
  goals: [
    { contestant: 'publisher', of: 'raw window', atLeast: 0.95 },
    { contestant: 'publisher', of: 'js.publish', atLeast: 3 },
    { contestant: 'publisher', of: 'Redis XADD', atLeast: 2 },
    { contestant: 'publisher, 2 processes', of: 'ingest, 2 processes', atLeast: 1, orReaches: 100_000 },
    { contestant: 'publisher, 4 processes', of: 'ingest, 4 processes', atLeast: 1, orReaches: 100_000 },
  ],
};
