import type { ReceivedMessage } from '../message/received-message.ts';
import { INTAKE_LIMITS } from '../intake/intake-limits.ts';
import { LANE_LIMITS } from './lane-limits.ts';
import type { Lane, Run, Source } from './lane.ts';

const SOURCES: readonly Source[] = ['stream', 'database'];
const RUNS: readonly Run[] = ['batch', 'alone', 'exclusive'];

/** Lanes whose head may be handled, in the order in which they became ready. */
export class ReadyLanes {
  readonly #lanes: Record<Source, Record<Run, Lane[]>> = {
    stream: { batch: [], alone: [], exclusive: [] },
    database: { batch: [], alone: [], exclusive: [] },
  };

  has(source: Source, run: Run): boolean {
    return this.#lanes[source][run].length > 0;
  }

  /** @param head the lane's */
  add(lane: Lane, head: ReceivedMessage, run: Run): void {
    this.#lanes[head.parkedId === undefined ? 'stream' : 'database'][run].push(lane);
  }

  remove(lane: Lane): void {
    for (const source of SOURCES) {
      for (const run of RUNS) {
        const lanes = this.#lanes[source][run];
        const index = lanes.indexOf(lane);
        if (index !== -1) lanes.splice(index, 1);
      }
    }
  }

  takeAlone(source: Source): Lane | undefined {
    return this.#lanes[source].alone.shift();
  }

  takeExclusive(): Lane[] {
    const { stream, database } = this.#lanes;
    return [...stream.exclusive.splice(0), ...database.exclusive.splice(0)];
  }

  /** @param begin begins a run of a lane with so many messages at most, and returns them */
  takeBatch(
    source: Source,
    limit: number,
    begin: (lane: Lane, limit: number) => readonly ReceivedMessage[],
  ): ReceivedMessage[] {
    const lanes = this.#lanes[source].batch;
    // A key that is alone delays no other one.
    const ofOne = lanes.length === 1 ? limit : LANE_LIMITS.run;
    const batch: ReceivedMessage[] = [];
    let [taken, bytes] = [0, 0];
    for (const lane of lanes) {
      if (batch.length >= limit || bytes >= INTAKE_LIMITS.batchBytes) break;
      // Large messages one at a time.
      const isLarge = lane.bytes > INTAKE_LIMITS.batchBytes;
      const run = begin(lane, isLarge ? 1 : Math.min(ofOne, limit - batch.length));
      for (const held of run) bytes += held.delivery.data.length;
      batch.push(...run);
      taken++;
    }
    lanes.splice(0, taken);
    return batch;
  }
}
