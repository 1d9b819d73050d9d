import { Database } from '@orderflow/database';
import { assertOnce } from '../effects/effect-table.ts';
import { figuresOf } from '../harness/throughput.ts';
import type { Figures, Turn } from '../harness/workload.ts';
import { partModule } from '../part/part-handle.ts';
import { forgetPeak, peakMemory } from './process-memory.ts';

export interface Amounts {
  readonly warmUp: number;
  readonly measured: number;
  /** Messages for the same consumers, later in the stream. */
  readonly behind: number;
}

export const KEYS = 10_000;
/**
 * Of what is handled: so that the end of the stream is not part of the figure. More than the 8,192 messages that 16
 * partitions hold: a window that is not filled again would make the last ones cheaper.
 */
const MORE = 0.25;

/** Handles the first messages of a stream that holds many more. */
export async function handleBeforeBacklog(turn: Turn, amounts: Amounts): Promise<Figures> {
  const { nats, natsPid, postgres } = turn.addresses;
  const start = (part: string): ReturnType<Turn['startPart']> =>
    turn.startPart(partModule(part, import.meta.url), { nats, postgres, keys: KEYS });
  const filler = await start('../effects/fill.part');
  const service = await start('./service.part');
  const { warmUp, measured, behind } = amounts;
  await forgetPeak(Number(natsPid));
  await filler.go({ count: Math.ceil((warmUp + measured) * (1 + MORE)) + behind });
  await filler.stop();
  const whileFilled = await peakMemory(Number(natsPid));
  await forgetPeak(Number(natsPid));
  await service.go({ count: warmUp });
  const done = await service.go({ count: measured });
  const memory = {
    'service RSS': await peakMemory(service.pid),
    'broker RSS': await peakMemory(Number(natsPid)),
    'broker RSS, stored': whileFilled,
  };
  // Before the check: what is behind need not be handled meanwhile.
  await service.stop();
  const database = new Database({ url: postgres, applicationName: 'check' });
  await assertOnce(database, warmUp + measured).finally(() => database.close());
  return { ...figuresOf([done]), ...memory };
}
