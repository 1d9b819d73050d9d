import type { MovedRows } from '../deferred/deferring.ts';
import { NO_WAIT, type Wait } from '../deferred/stored-messages.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { HeldCounts } from './held-counts.ts';
import { canFollow, isLong, isSlow, LANE_LIMITS as LIMITS } from './lane-limits.ts';
import type { Lane, Run } from './lane.ts';

/** Messages of a lane that are to be written to the database. */
export interface LaneMove {
  readonly lane: Lane;
  /** In order, all of them from a stream. */
  readonly messages: readonly ReceivedMessage[];
  /** What the lane waits for; undefined when it is only too long. */
  readonly wait: Wait | undefined;
}

export interface LaneMovesParts {
  runOf: (held: ReceivedMessage) => Run;
  counts: HeldCounts;
  /** Something is to be written to the database. `finish` ends it. */
  onMove: (move: LaneMove) => void;
  /** The lane may go on with what comes next. */
  proceed: (lane: Lane) => void;
  /** The lane's head is not to be taken now. */
  unready: (lane: Lane) => void;
}

/**
 * Decides which lanes wait here and which are moved to the database: what has to wait for long, what is too much, and what holds
 * up the stream.
 */
export class LaneMoves {
  readonly #parts: LaneMovesParts;
  /** Lanes whose head waits here, or runs by itself: they hold up what the stream may forget. */
  readonly #slow = new Set<Lane>();
  #waiting = 0;
  #count = 0;
  /** Messages that this process has settled. */
  settled = 0;

  constructor(parts: LaneMovesParts) {
    this.#parts = parts;
  }

  /** Counts the moves that have ended. */
  get count(): number {
    return this.#count;
  }

  /** Its head is handled by itself. */
  beginAlone(lane: Lane): void {
    this.#slow.add(lane);
  }

  endAlone(lane: Lane): void {
    this.#slow.delete(lane);
  }

  /** Its partition is given up. */
  drop(lane: Lane): void {
    this.#slow.delete(lane);
    this.stopWaiting(lane);
    lane.dropped = true;
  }

  /**
   * Ends a move.
   *
   * @param rows undefined when nothing was written
   */
  finish({ lane, messages }: LaneMove, rows: MovedRows | undefined): void {
    if (lane.dropped) return;
    lane.settleMoves();
    if (rows === undefined) {
      this.#staysHere(lane);
      return;
    }
    lane.movedAt = this.#count++;
    for (const held of messages) this.#endMove(lane, held, rows.get(held));
    if (lane.state === 'leaving') this.#leave(lane);
    else lane.draining = true;
    if (lane.state === 'idle') this.#parts.proceed(lane);
    else if (lane.state === 'waiting' && this.#waitsLong(lane)) this.#defer(lane);
    this.limit(lane);
  }

  /** What runs goes on, and takes its row with it. One without a row was recorded before. */
  #endMove(lane: Lane, held: ReceivedMessage, row: number | undefined): void {
    if (lane.queue.slice(0, lane.running).includes(held)) {
      if (row !== undefined) this.#parts.counts.tie(lane, held, row);
      return;
    }
    if (row !== undefined) lane.stored++;
    this.#parts.counts.remove(lane, held);
  }

  /** Its head failed: it waits here if that is short, otherwise in the database. */
  wait(lane: Lane, wait: Wait): void {
    lane.waitingSince ??= performance.now();
    lane.settledThen = this.settled;
    lane.wait = wait;
    if (!lane.hasMoves && this.#waitsLong(lane)) this.#defer(lane);
    else this.#waitHere(lane, wait.delayMs);
  }

  #waitHere(lane: Lane, delayMs: number): void {
    lane.state = 'waiting';
    lane.waitsUntil = performance.now() + delayMs;
    this.#waiting++;
    this.#slow.add(lane);
    lane.timer = setTimeout(() => {
      this.#parts.proceed(lane);
      this.limit(lane);
    }, delayMs);
  }

  /** With the pauses before. Many short ones, of many keys, fill the window of the partition as well. */
  #waitsLong({ wait = NO_WAIT, waitingSince = Infinity }: Lane): boolean {
    const waitsMs = performance.now() + wait.delayMs - waitingSince;
    return waitsMs > LIMITS.waitMs || this.#waiting >= LIMITS.waitingLanes;
  }

  stopWaiting(lane: Lane): void {
    if (lane.state !== 'waiting') return;
    clearTimeout(lane.timer);
    lane.state = 'idle';
    this.#waiting--;
    this.#slow.delete(lane);
  }

  /** Moves all of a lane to the database, where it waits. */
  #defer(lane: Lane): void {
    const { delayMs, dependency } = lane.wait ?? NO_WAIT;
    const restMs = lane.state === 'waiting' ? Math.max(lane.waitsUntil - performance.now(), 0) : delayMs;
    this.stopWaiting(lane);
    lane.state = 'leaving';
    this.#move(lane, lane.streamed, { delayMs: restMs, dependency });
  }

  /** What came meanwhile follows. */
  #leave(lane: Lane): void {
    for (const held of lane.queue.filter(({ parkedId }) => parkedId !== undefined)) {
      this.#parts.counts.remove(lane, held);
      lane.stored++;
    }
    lane.draining = false;
    lane.waitingSince = undefined;
    lane.wait = undefined;
    lane.state = 'idle';
  }

  /** The database did not take it: it is tried again from here. */
  #staysHere(lane: Lane): void {
    const pauses = lane.state === 'leaving' || lane.state === 'idle';
    if (pauses) this.#waitHere(lane, Math.max(lane.wait?.delayMs ?? 0, LIMITS.moveRetryMs));
  }

  #move(lane: Lane, messages: readonly ReceivedMessage[], wait: Wait | undefined): void {
    lane.moving = new Set(messages);
    this.#parts.onMove({ lane, messages, wait });
  }

  /**
   * Moves what is too much for this process.
   *
   * @param msEach how long its messages have just taken
   */
  limit(lane: Lane, msEach = 0): void {
    if (lane.dropped || lane.hasMoves || lane.state === 'leaving' || lane.group !== undefined) return;
    if (lane.stored > 0) this.#append(lane);
    else if (!isLong(lane)) return;
    else if (lane.state === 'waiting') this.#defer(lane);
    else if (isSlow(lane, this.#parts.runOf, msEach)) this.#shorten(lane);
  }

  /** What came from the stream follows what the database has of its key. */
  #append(lane: Lane): void {
    if (lane.streamed.length > 0 && !canFollow(lane, this.#parts.runOf)) this.#moveInOrder(lane);
  }

  /** Moves a lane to the database that does not wait. */
  #shorten(lane: Lane): void {
    this.#parts.unready(lane);
    this.#moveInOrder(lane);
  }

  /**
   * What runs is written as well, before what follows it, and goes on. Otherwise what runs, if it finds that the database has
   * earlier messages of its key, would be appended behind what follows it.
   */
  #moveInOrder(lane: Lane): void {
    const running = lane.queue.slice(0, lane.running).filter((held) => held.parkedId === undefined);
    this.#move(lane, [...running, ...lane.streamed], undefined);
  }

  /** So much was settled behind these heads that a takeover would bring too much again. */
  moveWhatHoldsUp(): void {
    for (const lane of this.#slow) {
      const [first] = lane.queue;
      const long = this.settled - lane.settledThen > LIMITS.settledBehind;
      if (!long || first === undefined || first.parkedId !== undefined || lane.hasMoves) continue;
      if (lane.state === 'waiting') this.#defer(lane);
      else if (performance.now() - lane.runningSince > LIMITS.waitMs) this.#shorten(lane);
    }
  }
}
