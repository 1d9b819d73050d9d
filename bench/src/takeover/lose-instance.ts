import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '@orderflow/database';
import { assertOnce } from '../effects/effect-table.ts';
import type { Figures, Turn } from '../harness/workload.ts';
import { PARTITIONS } from '../nats/bench-stream.ts';
import { type PartHandle, partModule } from '../part/part-handle.ts';
import { isShared, partitionsIn, takeoverGap } from './takeover-gap.ts';
import { timeOfDay } from './time-of-day.ts';

/** How an instance leaves. */
export interface Departure {
  readonly leave: (instance: PartHandle) => void;
  /** For one that may come back. */
  readonly comeBack?: (instance: PartHandle) => void;
}

export const LOAD = { perSecond: 1_600, keys: 960 } as const;
const shareWindow = { ms: 1_000, looks: 15 };
const patienceMs = 15_000;
/** Time for one that came back to do what it should not. */
const mischiefMs = 2_000;

/** Two instances under load; one leaves, and what it owned is watched at the other. */
export async function loseInstance(turn: Turn, { leave, comeBack }: Departure): Promise<Figures> {
  const { nats, postgres } = turn.addresses;
  const start = (part: string, options: object): Promise<PartHandle> =>
    turn.startPart(partModule(part, import.meta.url), { nats, postgres, ...options });
  const load = await start('./load.part', LOAD);
  const [leaver, stayer] = await Promise.all([
    start('./instance.part', { instance: 'leaver' }),
    start('./instance.part', { instance: 'stayer' }),
  ]);
  await load.go({});
  const lost = await shareOf(leaver, stayer);
  const watched = stayer.go({ count: PARTITIONS, ms: patienceMs });
  // Its own partitions are seen first.
  await delay(200);
  const leftAt = timeOfDay();
  leave(leaver);
  const { firstAt = new Float64Array() } = await watched;
  const gap = takeoverGap({ lost, leftAt, firstAt });
  if (comeBack !== undefined) {
    comeBack(leaver);
    await delay(mischiefMs);
  }
  await assertNothingLost(postgres, (await load.go({})).count);
  return { ...gap };
}

/** The partitions of one instance, once both keep what they have. */
async function shareOf(one: PartHandle, other: PartHandle): Promise<number[]> {
  let last = '';
  for (let look = 0; look < shareWindow.looks; look += 1) {
    const seen = await Promise.all([one.go(shareWindow), other.go(shareWindow)]);
    const [ours = [], theirs = []] = seen.map(({ firstAt }) => partitionsIn(firstAt ?? new Float64Array()));
    if (isShared(ours, theirs, PARTITIONS)) return ours;
    last = `${ours.join(' ')} and ${theirs.join(' ')}`;
  }
  throw new Error(`the instances did not settle who owns what: ${last}`);
}

/** Each message published has one effect: waits until they are all there, then counts. */
async function assertNothingLost(postgres: string, published: number): Promise<void> {
  const database = new Database({ url: postgres, applicationName: 'check' });
  const until = performance.now() + patienceMs;
  const written = async (): Promise<number> => {
    const [found] = await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM effect');
    return found?.rows ?? 0;
  };
  try {
    while ((await written()) < published && performance.now() < until) await delay(50);
    await assertOnce(database, published);
  } finally {
    await database.close();
  }
}
