import type { MovedRows } from '../deferred/deferring.ts';
import type { Run as StoredRun } from '../deferred/deferred-store.ts';
import { NO_WAIT, type Wait } from '../deferred/stored-messages.ts';
import { SlotMap } from '../collections/slot-map.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { HeldBytes } from './held-bytes.ts';
import { HeldCounts } from './held-counts.ts';
import { Lane, laneName, type Run, type Source } from './lane.ts';
import { canFollow, isLong, isSlow, LANE_LIMITS as LIMITS } from './lane-limits.ts';
import { ReadyLanes } from './ready-lanes.ts';
import type { Outcome } from './settlement.ts';

/** Messages of a lane that are to be written to the database. */
export interface LaneMove {
  readonly lane: Lane;
  /** In order, all of them from a stream. */
  readonly messages: readonly ReceivedMessage[];
  /** What the lane waits for; undefined when it is only too long. */
  readonly wait: Wait | undefined;
}

export interface LaneEvents {
  /** Some lane has become ready. */
  onReady: () => void;
  /** Something is to be written to the database. `finishMove` ends it. */
  onMove: (move: LaneMove) => void;
  /** The next messages of a key are to be read from the database. `load` brings them. */
  onHungry: (key: string) => void;
}

/**
 * Everything that this process holds, by key. Synchronous: no other code runs between two of its steps. What has to wait
 * for long, and what is too much, leaves for the database.
 */
export class LaneSet {
  readonly #runOf: (held: ReceivedMessage) => Run;
  readonly #events: LaneEvents;
  readonly #lanes = new SlotMap<string, Lane>();
  readonly #ready = new ReadyLanes();
  readonly #counts = new HeldCounts();
  /** Lanes whose head waits here, or runs by itself: they hold up what the stream may forget. */
  readonly #slow = new Set<Lane>();
  #waiting = 0;
  #settled = 0;
  #moves = 0;

  constructor(runOf: (held: ReceivedMessage) => Run, events: LaneEvents) {
    this.#runOf = runOf;
    this.#events = events;
  }

  /** Messages held. */
  get size(): number {
    return this.#counts.messages;
  }

  /** Those of them that came from the database, and the bytes of their bodies. */
  get loaded(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#counts.loaded, bytes: this.#counts.loadedBytes };
  }

  /** Bytes of what came from the streams. */
  get streamed(): HeldBytes {
    return this.#counts.streamed;
  }

  /** Counts what was written to the database: what is read before a move does not show it. */
  get moves(): number {
    return this.#moves;
  }

  holdsSuspects(partition: number): boolean {
    return this.all().some((held) => held.partition === partition && held.suspect === true);
  }

  all(): ReceivedMessage[] {
    return this.#lanes.values().flatMap((lane) => lane.queue);
  }

  /** True while messages of this key, or this message of a queue group, come from the database. */
  isDraining(name: string): boolean {
    const lane = this.#lanes.get(name);
    return lane !== undefined && (lane.draining || lane.group !== undefined);
  }

  hasReady(source: Source, run: Run): boolean {
    return this.#ready.has(source, run);
  }

  /**
   * Adds a message behind its key's others. One that is already held keeps its place and takes the new delivery.
   *
   * @returns false when it is known to be in the database: it may be acknowledged
   */
  add(held: ReceivedMessage): boolean {
    const lane = this.#lanes.get(held.key) ?? this.#open(held);
    const known = lane.find(held);
    if (known?.parkedId !== undefined) return false;
    if (known !== undefined) {
      known.delivery = held.delivery;
      known.extendedAt = held.extendedAt;
      return true;
    }
    lane.queue.push(held);
    this.#counts.add(lane, held);
    if (lane.state === 'idle') this.#proceed(lane);
    this.#limit(lane);
    return true;
  }

  /**
   * Adds the oldest messages of a key that were read from the database, before those of the stream.
   *
   * @param since `moves` when they were read
   */
  load(run: StoredRun, since: number): void {
    const [first] = run.messages;
    const lane = this.#lanes.get(run.key) ?? (first === undefined ? undefined : this.#open(first));
    if (lane === undefined || lane.state === 'leaving') return;
    this.#unready(lane);
    const { fresh, gone } = lane.splice(run.messages);
    for (const held of gone) this.#counts.subtract(lane, held);
    for (const held of fresh) this.#counts.add(lane, held);
    const known = lane.queue.filter((held) => held.parkedId !== undefined).length;
    const changed = lane.hasMoves || lane.movedAt >= since;
    lane.stored = Math.max(run.stored - known, changed ? 1 : 0);
    lane.draining = first !== undefined;
    if (lane.state === 'idle' || (lane.state === 'waiting' && fresh.length > 0)) this.#proceed(lane);
    this.#limit(lane);
  }

  /** Adds a message of a queue group that was read from the database. */
  loadAlone(held: ReceivedMessage): void {
    if (this.#lanes.get(laneName(held)) !== undefined) return;
    const lane = this.#open(held);
    lane.queue.push(held);
    this.#counts.add(lane, held);
    this.#proceed(lane);
  }

  /** Takes messages that share a transaction from the lanes that were ready first. Their lanes run until `finish`. */
  takeBatch(source: Source, limit: number): ReceivedMessage[] {
    return this.#ready.takeBatch(source, limit, (lane, most) => this.#run(lane, most));
  }

  /** Takes one message that is handled by itself. */
  takeAlone(source: Source): ReceivedMessage | undefined {
    const lane = this.#ready.takeAlone(source);
    if (lane === undefined) return undefined;
    this.#slow.add(lane);
    return this.#run(lane, 1)[0];
  }

  /** Takes all messages that are handled with nothing beside them: one of each lane. */
  takeExclusive(): ReceivedMessage[] {
    return this.#ready.takeExclusive().flatMap((lane) => this.#run(lane, 1));
  }

  /** Ends the run of the lanes of these messages: what has an outcome is settled or waits, the rest is ready again. */
  finish(taken: readonly ReceivedMessage[], outcomes: ReadonlyMap<ReceivedMessage, Outcome>): void {
    for (const [name, messages] of Map.groupBy(taken, laneName)) {
      const lane = this.#lanes.get(name);
      // Dropped in the meantime; a partition that was given up and taken again has new lanes of the same keys.
      if (lane === undefined || !messages.every((held) => lane.queue.includes(held))) continue;
      this.#slow.delete(lane);
      const tookMs = performance.now() - lane.runningSince;
      lane.running = 0;
      const wait = this.#settle(lane, messages, outcomes);
      if (wait !== undefined) this.#wait(lane, wait);
      else this.#proceed(lane);
      this.#limit(lane, tookMs / messages.length);
    }
    this.#moveWhatHoldsUp();
  }

  /**
   * Ends a move.
   *
   * @param rows undefined when nothing was written
   */
  finishMove({ lane, messages }: LaneMove, rows: MovedRows | undefined): void {
    if (lane.dropped) return;
    lane.settleMoves();
    if (rows === undefined) {
      this.#staysHere(lane);
      return;
    }
    lane.movedAt = this.#moves++;
    for (const held of messages) this.#endMove(lane, held, rows.get(held));
    if (lane.state === 'leaving') this.#leave(lane);
    else lane.draining = true;
    if (lane.state === 'idle') this.#proceed(lane);
    else if (lane.state === 'waiting' && this.#waitsLong(lane)) this.#defer(lane);
    this.#limit(lane);
  }

  /** Lets go of a partition. What runs ends by itself. */
  drop(partition: number): void {
    for (const lane of this.#lanes.values()) {
      if (lane.partition !== partition) continue;
      this.#unready(lane);
      for (const held of lane.queue) this.#counts.subtract(lane, held);
      this.#slow.delete(lane);
      this.#stopWaiting(lane);
      lane.dropped = true;
      this.#lanes.delete(lane.name);
    }
  }

  /** What runs goes on, and takes its row with it. One without a row was recorded before. */
  #endMove(lane: Lane, held: ReceivedMessage, row: number | undefined): void {
    if (lane.queue.slice(0, lane.running).includes(held)) {
      if (row !== undefined) this.#counts.tie(lane, held, row);
      return;
    }
    if (row !== undefined) lane.stored++;
    this.#remove(lane, held);
  }

  #open(held: ReceivedMessage): Lane {
    const lane = new Lane(held);
    this.#lanes.set(lane.name, lane);
    return lane;
  }

  #remove(lane: Lane, held: ReceivedMessage): void {
    const index = lane.queue.indexOf(held);
    if (index === -1) return;
    lane.queue.splice(index, 1);
    if (index < lane.running) lane.running--;
    this.#counts.subtract(lane, held);
  }

  #run(lane: Lane, limit: number): ReceivedMessage[] {
    const head = lane.head(this.#runOf, limit);
    lane.state = 'running';
    lane.running = head.length;
    lane.runningSince = performance.now();
    lane.settledThen = this.#settled;
    return head;
  }

  /** Returns what the lane has to wait for. */
  #settle(
    lane: Lane,
    messages: readonly ReceivedMessage[],
    outcomes: ReadonlyMap<ReceivedMessage, Outcome>,
  ): Wait | undefined {
    let wait: Wait | undefined;
    for (const held of messages) {
      const outcome = outcomes.get(held);
      if (outcome?.state === 'settled') {
        this.#remove(lane, held);
        this.#settled++;
        lane.waitingSince = undefined;
      }
      if (outcome?.state !== 'waiting') continue;
      const { forMs, dependency } = outcome;
      // It is looked for by its name; without one only the time helps.
      const delayMs = dependency === undefined || dependency === '' ? forMs : 0;
      wait = { delayMs: Math.max(wait?.delayMs ?? 0, delayMs), dependency: dependency ?? '' };
      lane.wait = wait;
      if (dependency !== undefined) lane.waitingSince = -Infinity;
    }
    return wait;
  }

  /** Handles what comes next, or asks for it. */
  #proceed(lane: Lane): void {
    this.#stopWaiting(lane);
    const { next } = lane;
    if (next !== undefined) {
      lane.state = 'ready';
      this.#ready.add(lane, next, this.#runOf(next));
      this.#events.onReady();
      return;
    }
    lane.state = 'idle';
    if (lane.stored > 0 && lane.draining && !lane.hasMoves) this.#events.onHungry(lane.key);
    else if (lane.queue.length === 0 && !lane.hasMoves) this.#lanes.delete(lane.name);
  }

  #wait(lane: Lane, wait: Wait): void {
    lane.waitingSince ??= performance.now();
    lane.settledThen = this.#settled;
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
      this.#proceed(lane);
      this.#limit(lane);
    }, delayMs);
  }

  /** With the pauses before. Many short ones, of many keys, fill the window of the partition as well. */
  #waitsLong({ wait = NO_WAIT, waitingSince = Infinity }: Lane): boolean {
    const waitsMs = performance.now() + wait.delayMs - waitingSince;
    return waitsMs > LIMITS.waitMs || this.#waiting >= LIMITS.waitingLanes;
  }

  #stopWaiting(lane: Lane): void {
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
    this.#stopWaiting(lane);
    lane.state = 'leaving';
    this.#move(lane, lane.streamed, { delayMs: restMs, dependency });
  }

  /** What came meanwhile follows. */
  #leave(lane: Lane): void {
    for (const held of lane.queue.filter(({ parkedId }) => parkedId !== undefined)) {
      this.#remove(lane, held);
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
    this.#events.onMove({ lane, messages, wait });
  }

  /** @param msEach how long its messages have just taken */
  #limit(lane: Lane, msEach = 0): void {
    if (lane.dropped || lane.hasMoves || lane.state === 'leaving' || lane.group !== undefined) return;
    if (lane.stored > 0) this.#append(lane);
    else if (!isLong(lane)) return;
    else if (lane.state === 'waiting') this.#defer(lane);
    else if (isSlow(lane, this.#runOf, msEach)) this.#shorten(lane);
  }

  /** What came from the stream follows what the database has of its key. */
  #append(lane: Lane): void {
    if (lane.streamed.length > 0 && !canFollow(lane, this.#runOf)) this.#moveInOrder(lane);
  }

  /** Moves a lane to the database that does not wait. */
  #shorten(lane: Lane): void {
    this.#unready(lane);
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
  #moveWhatHoldsUp(): void {
    for (const lane of this.#slow) {
      const [first] = lane.queue;
      const long = this.#settled - lane.settledThen > LIMITS.settledBehind;
      if (!long || first === undefined || first.parkedId !== undefined || lane.hasMoves) continue;
      if (lane.state === 'waiting') this.#defer(lane);
      else if (performance.now() - lane.runningSince > LIMITS.waitMs) this.#shorten(lane);
    }
  }

  #unready(lane: Lane): void {
    if (lane.state !== 'ready') return;
    lane.state = 'idle';
    this.#ready.remove(lane);
  }
}
