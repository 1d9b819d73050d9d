import type { PublishAck } from '../publisher/publish-ack.ts';
import { SlotMap } from '../collections/slot-map.ts';
import { backoff } from '../timing/backoff.ts';
import type { KeyPosition, PublishedMark, WaitingRow } from './relay-store.ts';

/** A key with so much waiting here gets no more: one with a long backlog must not take the room of all others. */
const FULL_ROWS = 1_000;
const FULL_BYTES = 4_194_304;
/** Keys that one look reads by themselves. */
const KEYS_AT_ONCE = 300;

/** What the process holds of one stream, at most. A row that is larger is held alone. */
export interface Budget {
  rows: number;
  bytes: number;
}

/** What becomes of a key when its next row was not taken. */
export type Setback = 'again' | 'pause' | 'block' | 'skip';

export interface KeyChainsParts {
  budget: Budget;
  /** Publishes the first of a key's rows, or several, and reports each in its order. Rejects when the broker does not take one. */
  send: (rows: readonly WaitingRow[], sent: (row: WaitingRow, ack: PublishAck) => void) => Promise<void>;
  /** The broker has acknowledged a row. It stays under way until `marked` names it. */
  sent: (mark: PublishedMark) => void;
  /** Nothing more is sent while this is true. */
  halted: () => boolean;
  /** `again`: read again as soon as possible. `pause`: after a while. `block`: the key waits for an operator. `skip`: goes on behind the row. */
  failed: (error: unknown, row: WaitingRow) => Promise<Setback>;
  /** There may be room for more rows. */
  freed: () => void;
}

interface Chain {
  readonly rows: WaitingRow[];
  bytes: number;
}

interface Behind {
  readonly after: number;
  /** `performance.now()` */
  readonly notBefore: number;
}

/**
 * The rows of a stream that were read and are not marked yet, a chain for each key: its next row is published only after
 * the PubAck of the one before, and the chains run side by side.
 *
 * A key of which not all rows are here is _behind_: it is read by itself, from a known place on, and looks at the stream
 * leave it out. A key is behind when its chain is full, and when the broker did not take a row of it.
 */
export class KeyChains {
  readonly #parts: KeyChainsParts;
  readonly #chains = new SlotMap<string, Chain>();
  readonly #underWay = new Set<number>();
  readonly #behind = new Map<string, Behind>();
  readonly #failures = new Map<string, number>();
  /** Keys with a refused row. */
  #blocked = new Set<string>();
  #bytes = 0;

  constructor(parts: KeyChainsParts) {
    this.#parts = parts;
  }

  /** Nothing is being published or waits to be marked. */
  get idle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Some keys are read by themselves. */
  get hasBehind(): boolean {
    return this.#behind.size > 0;
  }

  get room(): Budget {
    const { rows, bytes } = this.#parts.budget;
    return { rows: rows - this.#underWay.size - this.#behind.size, bytes: bytes - this.#bytes };
  }

  /** Room for rows of keys that are behind, which do not count against themselves. */
  get roomOfKeys(): Budget {
    return { rows: this.#parts.budget.rows - this.#underWay.size, bytes: this.room.bytes };
  }

  /** What a look at the stream must leave out. */
  get exclusions(): { ids: readonly number[]; keys: readonly string[] } {
    return { ids: [...this.#underWay], keys: [...this.#behind.keys(), ...this.#blocked] };
  }

  /** Below this number no row waits, except those of blocked keys. */
  lowest(floor: number): number {
    let lowest = floor;
    for (const id of this.#underWay) lowest = Math.min(lowest, id - 1);
    for (const { after } of this.#behind.values()) lowest = Math.min(lowest, after);
    return lowest;
  }

  /** Keys of which nothing is left here, to be read by themselves now, the one that was read longest ago first. */
  get wanted(): KeyPosition[] {
    const now = performance.now();
    const wanted: KeyPosition[] = [];
    for (const [key, { after, notBefore }] of this.#behind) {
      if (wanted.length === KEYS_AT_ONCE) break;
      if (notBefore <= now && this.#chains.get(key) === undefined) wanted.push({ key, after });
    }
    return wanted;
  }

  /** Publishes rows, which are in the order of the outbox, behind those of their keys that are under way. */
  add(rows: readonly WaitingRow[]): void {
    const started = new Set<string>();
    for (const row of rows) {
      // Given back, or blocked, while the look was under way.
      if (this.#behind.has(row.key) || this.#blocked.has(row.key)) continue;
      const chain = this.#chains.get(row.key);
      if (isFull(chain))
        this.#behind.set(row.key, { after: chain.rows.at(-1)?.id ?? row.id - 1, notBefore: 0 });
      else if (this.#append(row)) started.add(row.key);
    }
    this.#start(started);
  }

  /** The same for what was read of `wanted`. */
  addOfKeys(
    wanted: readonly KeyPosition[],
    found: { rows: readonly WaitingRow[]; done: readonly string[] },
  ): void {
    const asked = new Map(wanted.map(({ key, after }) => [key, after]));
    // Given back meanwhile: what was read comes behind that.
    const isCurrent = (key: string): boolean => this.#behind.get(key)?.after === asked.get(key);
    const current = new Set([...asked.keys()].filter(isCurrent));
    for (const key of found.done) if (current.has(key)) this.#behind.delete(key);
    const started = new Set<string>();
    for (const row of found.rows) {
      if (!current.has(row.key) || this.#blocked.has(row.key)) continue;
      // Set anew, so that it is the last one to be read again.
      this.#behind.delete(row.key);
      this.#behind.set(row.key, { after: row.id, notBefore: 0 });
      if (this.#append(row)) started.add(row.key);
    }
    this.#start(started);
  }

  /** From now on these keys are read by themselves: they may have rows with higher numbers that no look brings. */
  fallBehind(keys: readonly string[], after: number): void {
    for (const key of keys)
      if (!this.#behind.has(key) && !this.#blocked.has(key)) this.#behind.set(key, { after, notBefore: 0 });
  }

  /** Rows with smaller numbers may have come back. */
  rewind(): void {
    for (const [key, { notBefore }] of this.#behind) this.#behind.set(key, { after: 0, notBefore });
  }

  /** Whether something of these keys is being published. */
  isSending(keys: readonly string[]): boolean {
    return keys.some((key) => this.#chains.get(key) !== undefined);
  }

  /** These rows are marked, so that no look will bring them again. */
  marked(marks: readonly PublishedMark[]): void {
    for (const { id } of marks) this.#underWay.delete(id);
    this.#parts.freed();
  }

  /** The keys that have a refused row now. Others are read again from their beginning. */
  block(keys: ReadonlySet<string>): void {
    for (const key of this.#blocked) if (!keys.has(key)) this.#behind.set(key, { after: 0, notBefore: 0 });
    for (const key of keys) this.#behind.delete(key);
    this.#blocked = new Set(keys);
  }

  get blocked(): ReadonlySet<string> {
    return this.#blocked;
  }

  /** All pauses of keys are over. */
  startOver(): void {
    this.#failures.clear();
    for (const [key, { after }] of this.#behind) this.#behind.set(key, { after, notBefore: 0 });
  }

  /** A look from the beginning will bring everything. */
  clear(): void {
    this.#behind.clear();
    this.#failures.clear();
  }

  /** Returns whether it begins a chain. */
  #append(row: WaitingRow): boolean {
    const bytes = sizeOf(row);
    this.#underWay.add(row.id);
    this.#bytes += bytes;
    const chain = this.#chains.get(row.key);
    if (chain === undefined) {
      this.#chains.set(row.key, { rows: [row], bytes });
      return true;
    }
    chain.rows.push(row);
    chain.bytes += bytes;
    return false;
  }

  /** Only when all were appended, so that rows of a key that were read together can be published together. */
  #start(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      const chain = this.#chains.get(key);
      if (chain !== undefined) void this.#run(key, chain);
    }
  }

  async #run(key: string, chain: Chain): Promise<void> {
    const sent = (row: WaitingRow, ack: PublishAck): void => {
      this.#shift(chain);
      this.#parts.sent({ id: row.id, messageId: row.message_id, sequence: ack.sequence });
    };
    try {
      while (chain.rows.length > 0) {
        if (this.#parts.halted()) {
          this.#giveBack(key, chain, 'again');
          break;
        }
        await this.#parts.send(chain.rows, sent);
      }
      // Without a pause since the last look at its length, or a row that came meanwhile would be left behind.
      if (this.#chains.get(key) === chain) this.#chains.delete(key);
      this.#failures.delete(key);
    } catch (error) {
      await this.#fail(key, chain, error);
    }
    this.#parts.freed();
  }

  async #fail(key: string, chain: Chain, error: unknown): Promise<void> {
    const [row] = chain.rows;
    if (row === undefined) return;
    const setback = await this.#parts.failed(error, row);
    if (setback === 'skip') {
      this.#underWay.delete(row.id);
      this.#shift(chain);
    }
    this.#giveBack(key, chain, setback);
    if (setback === 'skip') this.#behind.set(key, { after: row.id, notBefore: 0 });
  }

  #shift(chain: Chain): void {
    const row = chain.rows.shift();
    if (row === undefined) return;
    chain.bytes -= sizeOf(row);
    this.#bytes -= sizeOf(row);
  }

  #giveBack(key: string, chain: Chain, setback: Setback): void {
    this.#chains.delete(key);
    this.#bytes -= chain.bytes;
    for (const { id } of chain.rows) this.#underWay.delete(id);
    const [first] = chain.rows;
    if (setback === 'block') {
      this.#behind.delete(key);
      this.#blocked.add(key);
    } else if (first !== undefined) {
      const failures = setback === 'pause' ? (this.#failures.get(key) ?? 0) + 1 : 0;
      if (failures > 0) this.#failures.set(key, failures);
      const pauseMs = failures > 0 ? backoff(failures) : 0;
      this.#behind.set(key, { after: first.id - 1, notBefore: performance.now() + pauseMs });
    }
  }
}

function isFull(chain: Chain | undefined): chain is Chain {
  return chain !== undefined && (chain.rows.length >= FULL_ROWS || chain.bytes >= FULL_BYTES);
}

/** In memory, roughly: text takes one or two bytes a character. */
function sizeOf(row: WaitingRow): number {
  return row.payload.length + 500;
}
