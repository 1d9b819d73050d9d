import type { Contestant, Figures, Turn, Workload, WorkloadResult } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { PAYLOAD_BYTES } from '../payload.ts';
import { type LatencyDistribution, latencyPlot } from '../report/plots.ts';
import { figuresOf, latencyFigures } from './latency-figures.ts';

/** The slow one shows what a message costs that comes alone; the fast one is 500 million a day. */
const RATES = [1_000, 5_800] as const;
const PEAK = 5_800;
const WARM_UP_MS = { full: 5_000, quick: 3_000 };
const MEASURED_MS = { full: 10_000, quick: 3_000 };
const SUSTAINED_MS = 60_000;
const bytes = PAYLOAD_BYTES;

interface Pair {
  /** Its `go` counts, and gives the latencies. */
  readonly consumer: string;
  readonly load: string;
}

const at = (name: string, rate: number): string => `${name}, ${rate.toLocaleString('en-US')}/s`;
const module = (name: string): URL => partModule(name, import.meta.url);
const addressesOf = ({ servers }: Pick<Contestant, 'servers'>, turn: Turn): object =>
  Object.fromEntries(servers.map((kind) => [kind, turn.addresses[kind]]));

/** Two processes: one sends by the clock, the other commits and looks at the clock. */
async function published(
  turn: Turn,
  {
    contestant,
    pair,
    rate,
    ms,
  }: { contestant: Omit<Contestant, 'turn'>; pair: Pair; rate: number; ms: number },
): Promise<Figures> {
  const options = { ...contestant.options, ...addressesOf(contestant, turn), rate };
  const consumer = await turn.startPart(module(pair.consumer), options);
  const load = await turn.startPart(module(pair.load), options);
  const run = async (during: number): Promise<Float64Array> => {
    const effects = consumer.go({ count: Math.round((rate * during) / 1_000) });
    const [{ latencies = new Float64Array(0) }] = await Promise.all([effects, load.go({ ms: during })]);
    return latencies;
  };
  await run(turn.quick ? WARM_UP_MS.quick : WARM_UP_MS.full);
  return figuresOf(await run(ms), rate);
}

type Unrated = Pick<Contestant, 'name' | 'role' | 'servers' | 'options'>;

function publishedAt(rate: number, pair: Pair, { name, ...rest }: Unrated): Contestant {
  const comparedWith = at('core NATS round trip', rate);
  const contestant = { ...rest, name: at(name, rate), comparedWith };
  return {
    ...contestant,
    turn: (turn) =>
      published(turn, { contestant, pair, rate, ms: turn.quick ? MEASURED_MS.quick : MEASURED_MS.full }),
  };
}

const roundTrip = (rate: number): Contestant => ({
  name: at('core NATS round trip', rate),
  role: 'limit',
  servers: ['nats'],
  options: { bytes },
  comparedWith: at('core NATS round trip', rate),
  turn: async (turn) => {
    const { nats } = turn.addresses;
    await turn.startPart(module('./echo.part'), { nats });
    const trip = await turn.startPart(module('./round-trip.part'), { nats, rate });
    await trip.go({ ms: turn.quick ? WARM_UP_MS.quick : WARM_UP_MS.full });
    const done = await trip.go({ ms: turn.quick ? MEASURED_MS.quick : MEASURED_MS.full });
    return figuresOf(done.latencies ?? new Float64Array(0), rate);
  },
});

const orderflow: Pair = { consumer: './orderflow.part', load: './orderflow-load.part' };
const ours = { role: 'ours', servers: ['nats', 'postgres'] } as const;
const plain: Unrated = { ...ours, name: 'plain handler', options: { handler: 'transactional', bytes } };
const batch: Unrated = { ...ours, name: 'batch handler', options: { handler: 'batch', bytes } };
const bullmq: Unrated = {
  name: 'BullMQ worker with an inbox',
  role: 'peer',
  servers: ['redis', 'postgres'],
  options: { concurrency: 32, connections: 16, bytes },
};
const rabbitmq: Unrated = {
  name: 'RabbitMQ consumer with an inbox',
  role: 'peer',
  servers: ['rabbitmq', 'postgres'],
  options: { prefetch: 100, connections: 16, queue: 'classic, durable', bytes },
};

const sustainedName = `${at('plain handler', PEAK)}, 60 s`;

/** What piles up in a minute would pile up for ever. Not in a quick run. */
const sustained: Contestant = {
  ...plain,
  name: sustainedName,
  comparedWith: at('core NATS round trip', PEAK),
  turn: (turn) =>
    turn.quick
      ? Promise.resolve({})
      : published(turn, { contestant: plain, pair: orderflow, rate: PEAK, ms: SUSTAINED_MS }),
};

function plots({ contestants }: WorkloadResult): Record<string, string> {
  const pictures = RATES.map((rate) => {
    const distributions = contestants.flatMap(({ name, figures }): LatencyDistribution[] => {
      if (!name.endsWith(at('', rate)) || Object.keys(figures).length === 0) return [];
      const shares = [50, 90, 99, 99.9].map((share) => [share, figures[`p${share}`]?.median ?? NaN] as const);
      return [{ name: name.slice(0, -at('', rate).length), percentiles: shares }];
    });
    const title = `Published to committed${at('', rate)}`;
    return [`latency-${rate}.svg`, latencyPlot(title, distributions)] as const;
  });
  return Object.fromEntries(pictures);
}

export const latencyWorkload: Workload = {
  name: 'latency',
  title: 'From when a message of 1 KiB was due until its effect was committed, open loop',
  figures: latencyFigures,
  comparedWith: at('core NATS round trip', PEAK),
  contestants: [
    ...RATES.map(roundTrip),
    ...RATES.flatMap((rate) => [plain, batch].map((one) => publishedAt(rate, orderflow, one))),
    sustained,
    ...RATES.map((rate) =>
      publishedAt(rate, { consumer: './bullmq.part', load: './bullmq-load.part' }, bullmq),
    ),
    ...RATES.map((rate) =>
      publishedAt(rate, { consumer: './rabbitmq.part', load: './rabbitmq-load.part' }, rabbitmq),
    ),
  ],
  goals: [
    { contestant: at('batch handler', PEAK), figure: 'p99', bound: { atMost: 10 } },
    { contestant: at('plain handler', PEAK), figure: 'p99', bound: { atMost: 10 } },
    { contestant: sustainedName, figure: 'p99', bound: { atMost: 10 } },
    // The rate counts until the last effect is there, which is a moment after the last message was due.
    { contestant: sustainedName, figure: 'rate', bound: { atLeast: PEAK * 0.98 } },
  ],
  plots,
};
