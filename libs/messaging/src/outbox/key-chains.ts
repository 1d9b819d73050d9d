import { SlotMap } from '../slot-map.ts';
import { backoff } from './backoff.ts';
import type { Exclusions, PublishedMark, UnpublishedRow } from './relay-store.ts';

/** Rows in memory, and keys that pause, at most: bounds it while the broker is slow or refuses, and how many rows a look at the outbox passes over. */
const MAX_UNDER_WAY = 3_000;
/** A key with so many rows waiting here gets no more: one with a long backlog must not take the room of all others. */
const FULL = 1_000;

export interface KeyChainsParts {
  /** Publishes the first of a key's rows, or several, and reports each in its order. Rejects when the broker does not take one. */
  send: (rows: readonly UnpublishedRow[], sent: (mark: PublishedMark) => void) => Promise<void>;
  /** The broker has acknowledged a row. It stays under way until `marked` names it. */
  sent: (mark: PublishedMark) => void;
  failed: (error: unknown) => void;
  /** There may be room for more rows. */
  freed: () => void;
}

/**
 * The rows that were read and are not marked yet, a chain for each key: its next row is published only after the PubAck
 * of the one before, and the chains run side by side. When the broker does not take a row, it and all behind it are
 * given back to the outbox, and the key pauses.
 */
export class KeyChains {
  readonly #parts: KeyChainsParts;
  readonly #chains = new SlotMap<string, UnpublishedRow[]>();
  readonly #underWay = new Set<number>();
  readonly #failures = new Map<string, number>();
  readonly #pausedUntil = new Map<string, number>();
  /** Keys that gave rows back since the last look began: what it brings of them comes behind those. */
  readonly #gaveBack = new Set<string>();
  /** Keys that the last look left out because they had enough rows. */
  #full: string[] = [];

  constructor(parts: KeyChainsParts) {
    this.#parts = parts;
  }

  /** Nothing is being published or waits to be marked. */
  get idle(): boolean {
    return this.#underWay.size === 0;
  }

  /** False when memory is full. */
  get hasRoom(): boolean {
    return this.#underWay.size + this.#pausedUntil.size < MAX_UNDER_WAY;
  }

  /** A key that the last look left out has room again. */
  get wantsMore(): boolean {
    return this.#full.some((key) => (this.#chains.get(key)?.length ?? 0) < FULL);
  }

  /** The last row of some key was not taken. */
  get failing(): boolean {
    return this.#failures.size > 0;
  }

  /** Keys whose pause is over may be tried again. */
  endOverduePauses(): void {
    const now = performance.now();
    for (const [key, until] of this.#pausedUntil) if (until <= now) this.#pausedUntil.delete(key);
  }

  /** Called before each look at the outbox: what it must leave out. */
  beginLook(): Exclusions {
    this.#gaveBack.clear();
    this.#full = [...this.#chains.entries()].filter(([, rows]) => rows.length >= FULL).map(([key]) => key);
    return { ids: [...this.#underWay], keys: [...this.#full, ...this.#pausedUntil.keys()] };
  }

  /** Publishes rows, which are in the order of the outbox, behind those of their keys that are under way. */
  add(rows: readonly UnpublishedRow[]): void {
    const started = new Map<string, UnpublishedRow[]>();
    for (const row of rows) {
      if (this.#gaveBack.has(row.key)) continue;
      this.#underWay.add(row.id);
      const chain = this.#chains.get(row.key);
      if (chain === undefined) started.set(row.key, this.#newChain(row));
      else chain.push(row);
    }
    // Only now, so that rows of a key that were read together can be published together.
    for (const [key, chain] of started) void this.#run(key, chain);
  }

  /** These rows are marked, so that no look will bring them again. */
  marked(marks: readonly PublishedMark[]): void {
    for (const { id } of marks) this.#underWay.delete(id);
    this.#parts.freed();
  }

  /** Forgets all failures: whatever was wrong may be right now, or another relay has published the rows. */
  startOver(): void {
    this.#pausedUntil.clear();
    this.#failures.clear();
  }

  #newChain(row: UnpublishedRow): UnpublishedRow[] {
    const chain = [row];
    this.#chains.set(row.key, chain);
    return chain;
  }

  async #run(key: string, rows: UnpublishedRow[]): Promise<void> {
    const sent = (mark: PublishedMark): void => {
      rows.shift();
      this.#parts.sent(mark);
    };
    try {
      while (rows.length > 0) await this.#parts.send(rows, sent);
      // Without a pause since the last look at its length, or a row that came meanwhile would be left behind.
      this.#chains.delete(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#giveBack(key, rows);
      this.#parts.failed(error);
    }
    this.#parts.freed();
  }

  #giveBack(key: string, rows: readonly UnpublishedRow[]): void {
    this.#chains.delete(key);
    for (const { id } of rows) this.#underWay.delete(id);
    this.#gaveBack.add(key);
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#pausedUntil.set(key, performance.now() + backoff(failures));
  }
}
