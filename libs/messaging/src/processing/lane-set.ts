import type { MovedRows } from '../deferred/deferring.ts';
import type { Run as StoredRun } from '../deferred/deferred-store.ts';
import type { Wait } from '../deferred/stored-messages.ts';
import { SlotMap } from '../collections/slot-map.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { HeldBytes } from './held-bytes.ts';
import { HeldCounts } from './held-counts.ts';
import { Lane, laneName, type Run, type Source } from './lane.ts';
import { type LaneMove, LaneMoves } from './lane-moves.ts';
import { ReadyLanes } from './ready-lanes.ts';
import type { Outcome } from './settlement.ts';

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
  readonly #moves: LaneMoves;

  constructor(runOf: (held: ReceivedMessage) => Run, events: LaneEvents) {
    this.#runOf = runOf;
    this.#events = events;
    this.#moves = new LaneMoves({
      runOf,
      counts: this.#counts,
      onMove: events.onMove,
      proceed: (lane) => this.#proceed(lane),
      unready: (lane) => this.#unready(lane),
    });
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
    return this.#moves.count;
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
    this.#moves.limit(lane);
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
    this.#moves.limit(lane);
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
    this.#moves.beginAlone(lane);
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
      this.#moves.endAlone(lane);
      const tookMs = performance.now() - lane.runningSince;
      lane.running = 0;
      const wait = this.#settle(lane, messages, outcomes);
      if (wait !== undefined) this.#moves.wait(lane, wait);
      else this.#proceed(lane);
      this.#moves.limit(lane, tookMs / messages.length);
    }
    this.#moves.moveWhatHoldsUp();
  }

  /**
   * Ends a move.
   *
   * @param rows undefined when nothing was written
   */
  finishMove(move: LaneMove, rows: MovedRows | undefined): void {
    this.#moves.finish(move, rows);
  }

  /** Lets go of a partition. What runs ends by itself. */
  drop(partition: number): void {
    for (const lane of this.#lanes.values()) {
      if (lane.partition !== partition) continue;
      this.#unready(lane);
      for (const held of lane.queue) this.#counts.subtract(lane, held);
      this.#moves.drop(lane);
      this.#lanes.delete(lane.name);
    }
  }

  #open(held: ReceivedMessage): Lane {
    const lane = new Lane(held);
    this.#lanes.set(lane.name, lane);
    return lane;
  }

  #run(lane: Lane, limit: number): ReceivedMessage[] {
    const head = lane.head(this.#runOf, limit);
    lane.state = 'running';
    lane.running = head.length;
    lane.runningSince = performance.now();
    lane.settledThen = this.#moves.settled;
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
        this.#counts.remove(lane, held);
        this.#moves.settled++;
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
    this.#moves.stopWaiting(lane);
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

  #unready(lane: Lane): void {
    if (lane.state !== 'ready') return;
    lane.state = 'idle';
    this.#ready.remove(lane);
  }
}
