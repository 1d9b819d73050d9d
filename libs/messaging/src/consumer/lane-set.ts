import { SlotMap } from '../slot-map.ts';
import type { HeldMessage } from './held-message.ts';
import { Lane, type Run } from './lane.ts';
import type { Outcome } from './settlement.ts';

/** A key's messages in one transaction at most, so that one busy key does not fill a batch. */
const MAX_RUN = 16;

/** A key that waits for a retry may hold up this many messages before they are moved into the database. */
const MAX_WAITING = 64;

export interface LaneEvents {
  /** Some lane has become ready. */
  onReady: () => void;
  /** A waiting lane has grown too long. Its messages run until `finish`. */
  onOverflow: (messages: HeldMessage[]) => void;
}

/** Everything that this process holds, by key. Synchronous: no other code runs between two of its steps. */
export class LaneSet {
  readonly #runOf: (held: HeldMessage) => Run;
  readonly #events: LaneEvents;
  readonly #lanes = new SlotMap<string, Lane>();
  /** In the order in which they became ready. */
  readonly #ready: Record<Run, Lane[]> = { batch: [], alone: [] };
  #size = 0;

  constructor(runOf: (held: HeldMessage) => Run, events: LaneEvents) {
    this.#runOf = runOf;
    this.#events = events;
  }

  /** Messages held. */
  get size(): number {
    return this.#size;
  }

  all(): HeldMessage[] {
    return this.#lanes.values().flatMap((lane) => lane.queue);
  }

  /** Adds a message behind its key's others. One that is already held keeps its place and takes the new delivery. */
  add(held: HeldMessage): void {
    const lane = this.#lanes.get(held.key) ?? this.#open(held);
    const known = lane.find(held);
    if (known !== undefined) {
      known.delivery = held.delivery;
      known.extendedAt = held.extendedAt;
      return;
    }
    lane.queue.push(held);
    this.#size++;
    if (lane.state === 'idle') this.#makeReady(lane);
    if (lane.state === 'waiting') this.#limit(lane);
  }

  /** Takes messages that share a transaction from the lanes that were ready first. Their lanes run until `finish`. */
  takeBatch(limit: number): HeldMessage[] {
    const batch: HeldMessage[] = [];
    let taken = 0;
    for (const lane of this.#ready.batch) {
      if (batch.length >= limit) break;
      batch.push(...this.#run(lane, Math.min(MAX_RUN, limit - batch.length)));
      taken++;
    }
    this.#ready.batch.splice(0, taken);
    return batch;
  }

  /** Takes one message that is handled by itself. */
  takeAlone(): HeldMessage | undefined {
    const lane = this.#ready.alone.shift();
    return lane === undefined ? undefined : this.#run(lane, 1)[0];
  }

  /** Ends the run of the lanes of these messages: what has an outcome is settled or waits, the rest is ready again. */
  finish(taken: readonly HeldMessage[], outcomes: ReadonlyMap<HeldMessage, Outcome>): void {
    for (const [key, messages] of Map.groupBy(taken, (held) => held.key)) {
      const lane = this.#lanes.get(key);
      // Dropped in the meantime; a partition that was given up and taken again has new lanes of the same keys.
      if (lane === undefined || !messages.every((held) => lane.queue.includes(held))) continue;
      let wait: number | undefined;
      for (const held of messages) {
        const outcome = outcomes.get(held);
        if (outcome?.state === 'settled') this.#settle(lane, held);
        if (outcome?.state === 'waiting') wait = Math.max(wait ?? 0, outcome.forMs);
      }
      if (wait === undefined) this.#makeReady(lane);
      else this.#wait(lane, wait);
    }
  }

  /** Lets go of a partition, except for lanes that run: those end by themselves. */
  drop(partition: number): void {
    const stays = (lane: Lane): boolean => lane.partition !== partition;
    this.#ready.batch = this.#ready.batch.filter(stays);
    this.#ready.alone = this.#ready.alone.filter(stays);
    for (const lane of this.#lanes.values()) {
      if (stays(lane)) continue;
      clearTimeout(lane.timer);
      this.#size -= lane.queue.length;
      this.#lanes.delete(lane.key);
    }
  }

  #open(held: HeldMessage): Lane {
    const lane = new Lane(held.key, held.partition);
    this.#lanes.set(held.key, lane);
    return lane;
  }

  #run(lane: Lane, limit: number): HeldMessage[] {
    lane.state = 'running';
    return lane.head(this.#runOf, limit);
  }

  /** A waiting lane that is too long is run as a whole: by moving it into the database. */
  #limit(lane: Lane): void {
    if (lane.queue.length <= MAX_WAITING) return;
    clearTimeout(lane.timer);
    lane.state = 'running';
    this.#events.onOverflow([...lane.queue]);
  }

  #settle(lane: Lane, held: HeldMessage): void {
    lane.remove(held);
    this.#size--;
  }

  #wait(lane: Lane, forMs: number): void {
    lane.state = 'waiting';
    lane.timer = setTimeout(() => this.#makeReady(lane), forMs);
    // What came while its head was being tried.
    this.#limit(lane);
  }

  #makeReady(lane: Lane): void {
    const [first] = lane.queue;
    if (first === undefined) {
      this.#lanes.delete(lane.key);
      return;
    }
    lane.state = 'ready';
    this.#ready[this.#runOf(first)].push(lane);
    this.#events.onReady();
  }
}
