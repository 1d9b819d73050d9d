import { median, percentile } from '../report/statistics.ts';
import { atMost, type Finding } from './scenario.ts';
import type { Stage, World } from './stage.ts';

/** A disk that is shared may take a second for one commit, in either world. */
const TURNS = 7;
const WARM_UP = 300;
const MEASURED = 600;

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface Pressed {
  readonly calm: World;
  readonly pressed: World;
  /** Go on while that service is measured. */
  readonly whileCalm?: Load;
  readonly whilePressed?: Load;
}

type Load = (signal: AbortSignal) => Promise<void>;

/**
 * Services of the two worlds run in turn, never at the same time, and are asked how long events of other keys take.
 * Compared are the medians of the turns.
 */
export async function besideCalm(stage: Stage, what: string, worlds: Pressed): Promise<Finding[]> {
  const { calm, pressed, whileCalm, whilePressed } = worlds;
  const turns: { calm: Latency; pressed: Latency }[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const calmFirst = turn % 2 === 0;
    const first = calmFirst
      ? await measure(stage, calm, whileCalm)
      : await measure(stage, pressed, whilePressed);
    const second = calmFirst
      ? await measure(stage, pressed, whilePressed)
      : await measure(stage, calm, whileCalm);
    const both = calmFirst ? { calm: first, pressed: second } : { calm: second, pressed: first };
    stage.say(`  ${what}, turn ${turn + 1}: calm ${textOf(both.calm)}, pressed ${textOf(both.pressed)}`);
    turns.push(both);
  }
  return (['p50', 'p99'] as const).map((figure) => {
    const calmMs = median(turns.map((turn) => turn.calm[figure]));
    const pressedMs = median(turns.map((turn) => turn.pressed[figure]));
    const name = `${what}: ${figure} of others ${pressedMs.toFixed(1)} ms, calm ${calmMs.toFixed(1)} ms`;
    return atMost(name, pressedMs / calmMs, 2, 'times calm');
  });
}

async function measure(stage: Stage, world: World, meanwhile?: Load): Promise<Latency> {
  const service = await stage.service(world);
  await service.go({ count: WARM_UP });
  const over = new AbortController();
  const load = meanwhile?.(over.signal);
  const { latencies = new Float64Array() } = await service.go({ count: MEASURED });
  over.abort();
  await load;
  await service.stop();
  const sorted = latencies.toSorted();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

function textOf({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
}
