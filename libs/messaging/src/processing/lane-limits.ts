import type { ReceivedMessage } from '../message/received-message.ts';
import type { Lane, Run } from './lane.ts';

/** What a process holds for one key. What is more, or waits longer, waits in the database. */
export const LANE_LIMITS = {
  /** Messages of a key in one transaction, so that one busy key does not fill a batch. */
  run: 16,
  /** Messages of a key, and bytes of their bodies, that may wait behind a head that waits or is handled by itself. */
  messages: 64,
  bytes: 1_048_576,
  /** A head that fails may wait this long here, its earlier pauses included. */
  waitMs: 1_000,
  /** Keys that may wait here at the same time. */
  waitingLanes: 64,
  /** Messages that may be settled behind a head that is not: what a takeover brings again. */
  settledBehind: 256,
  /** A key that is handled in batches: this many messages, if they would take this long. */
  slowMessages: 256,
  slowMs: 5_000,
  /** Messages of the stream that may wait for the last ones in the database to be handled. */
  follow: 128,
  /** After the database did not take a lane. */
  moveRetryMs: 1_000,
} as const;

type RunOf = (held: ReceivedMessage) => Run;

/** Too much waits behind its head. */
export function isLong({ queue, bytes }: Lane): boolean {
  return queue.length > LANE_LIMITS.messages || bytes > LANE_LIMITS.bytes;
}

/**
 * Soon the rest of what the database has of the key will be in the queue, and what came from the stream can follow it:
 * it need not be written to be read again.
 */
export function canFollow(lane: Lane, runOf: RunOf): boolean {
  const { draining, running, queue, stored, bytes } = lane;
  const [first] = queue;
  const runsAlone = running > 0 && first !== undefined && runOf(first) !== 'batch';
  const { follow } = LANE_LIMITS;
  const fits = stored <= follow && lane.streamed.length <= follow && bytes <= LANE_LIMITS.bytes;
  return draining && fits && !runsAlone;
}

/**
 * A message at a time, or so slow that the lane would fill the window of its partition for seconds.
 *
 * @param msEach how long each of its last messages took
 */
export function isSlow({ queue, state }: Lane, runOf: RunOf, msEach: number): boolean {
  const [first] = queue;
  if (first === undefined || first.parkedId !== undefined) return false;
  if (runOf(first) === 'alone') return true;
  const { slowMessages, slowMs } = LANE_LIMITS;
  return state === 'ready' && queue.length > slowMessages && queue.length * msEach > slowMs;
}
