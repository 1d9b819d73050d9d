import { Database } from '@orderflow/database';
import { assertOnce } from '../effects/effect-table.ts';
import { busyCores } from '../harness/busy-cores.ts';
import { figuresOf, goTogether } from '../harness/throughput.ts';
import type { Figures, Turn } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';

export interface Instances {
  readonly instances: number;
  readonly handler: 'ordered' | 'shared';
  readonly callMs: number;
  /** To the remote service, of each instance. */
  readonly connections: number;
}

export const KEYS = 1_000;
/** More than two cores get done in a turn; one instance may own two partitions of the sixteen and has to find enough in them. */
const BACKLOG = 60_000;
/** Until every instance has its share of the partitions. */
const SHARED_OUT_MS = 2_500;

/** So many instances work on one backlog for a while. */
export async function scaleFigures(turn: Turn, { instances, ...options }: Instances): Promise<Figures> {
  const { nats, postgres } = turn.addresses;
  const filler = await turn.startPart(partModule('../effects/fill.part', import.meta.url), {
    nats,
    postgres,
    keys: KEYS,
  });
  const module = partModule('./instance.part', import.meta.url);
  const parts = await Promise.all(
    Array.from({ length: instances }, (_, process) =>
      turn.startPart(module, { nats, postgres, process, ...options }),
    ),
  );
  await filler.go({ count: BACKLOG });
  await filler.stop();
  await goTogether(parts, { ms: SHARED_OUT_MS });
  const busy = busyCores();
  const done = await goTogether(parts, { ms: turn.measuredMs });
  const cores = busy();
  await assertEnough(postgres, done);
  return { ...figuresOf(done), 'busy cores': cores };
}

/** Each effect once, every instance at work, and none of them out of work. */
async function assertEnough(postgres: string, done: readonly { count: number }[]): Promise<void> {
  const database = new Database({ url: postgres, applicationName: 'check' });
  const counted = done.reduce((sum, { count }) => sum + count, 0);
  const rows = await assertOnce(database, counted).finally(() => database.close());
  if (rows > BACKLOG / 2)
    throw new Error(`${rows} of ${BACKLOG} messages were handled: too few for the time`);
  if (done.some(({ count }) => count === 0)) throw new Error('an instance had no partition');
}
