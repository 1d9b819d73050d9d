import { BacklogTurns, type OtherRows } from './backlog-turns.ts';
import type { KeyChains } from './key-chains.ts';
import type { Horizon, KeyPosition, RelayStore } from './relay-store.ts';
import { ScanFloor } from './scan-floor.ts';

const LOOK_BYTES = 4_194_304;

/** A long backlog of so few keys is read by key, and not by row. */
const FEW_KEYS = 300;
/** Of the room of a stream, which such keys may take at most: the rest is for others. */
const PART_OF_ROOM = 0.25;
/** A backlog of more keys is looked at again after so many rows. */
const ASK_AGAIN_ROWS = 1_000_000;

export interface OutboxScanParts {
  stream: string;
  chains: KeyChains;
  store: RelayStore;
  /** Not older than the last look. */
  horizon: () => Promise<Horizon>;
  /** Of all streams. */
  others: OtherRows;
}

/** Reads what waits for one stream into its chains: the next rows of the stream, and those of keys that are behind. */
export class OutboxScan {
  readonly #parts: OutboxScanParts;
  readonly #floor = new ScanFloor();
  #wantsRoom = false;
  readonly #turns: BacklogTurns;
  #keysAskedAt = -Infinity;
  #keysOfTurn: readonly string[] = [];
  #resets = 0;

  constructor(parts: OutboxScanParts) {
    this.#parts = parts;
    this.#turns = new BacklogTurns(parts.others);
  }

  /** The last read was cut short because too much is under way. */
  get wantsRoom(): boolean {
    return this.#wantsRoom;
  }

  /** Below this number no row waits, except those of keys with a refused row. */
  get floor(): number {
    return this.#parts.chains.lowest(this.#floor.value);
  }

  /** How long it is until keys that are behind are read on. */
  get restMs(): number {
    return this.#parts.chains.hasBehind ? this.#turns.restMs : 0;
  }

  /** Rows with smaller numbers may have come back. */
  reset(): void {
    this.#floor.reset();
    this.#parts.chains.rewind();
    this.#keysAskedAt = -Infinity;
    this.#resets++;
  }

  /**
   * At most so many rows of the stream. What was read counts for nothing when `isCurrent` is false by then.
   *
   * @returns how many were found, and whether there may be more
   */
  async read(rows: number, isCurrent: () => boolean): Promise<{ found: number; again: boolean }> {
    const ofKeys = await this.#readKeys(rows, isCurrent);
    if (rows === 1 && ofKeys > 0) return { found: ofKeys, again: false };
    const { chains, horizon } = this.#parts;
    this.#floor.observe(await horizon());
    if (rows > 1 && this.#floor.maySkip) await this.#skip(isCurrent);
    const { room } = chains;
    const limit = { rows: Math.min(rows, room.rows), bytes: Math.min(LOOK_BYTES, room.bytes) };
    this.#wantsRoom = limit.rows <= 0 || limit.bytes <= 0;
    if (this.#wantsRoom) return { found: ofKeys, again: false };
    const { found, more } = await this.#look(limit, isCurrent);
    return { found: ofKeys + found, again: more || ofKeys > 0 };
  }

  async #look(
    limit: { rows: number; bytes: number },
    isCurrent: () => boolean,
  ): Promise<{ found: number; more: boolean }> {
    const { chains, store, stream, others } = this.#parts;
    const { after, upTo } = this.#floor.range;
    const { rows, cut } = await store.look(stream, { after, upTo, ...chains.exclusions, ...limit });
    // Millions of numbers may be those of other streams, or of what was published long ago.
    const next = rows.length === 0 && upTo !== undefined ? await store.first(stream, upTo) : undefined;
    if (!isCurrent()) return { found: 0, more: false };
    if (rows.length > 0) others.note();
    if (cut) this.#floor.looked(rows.at(-1)?.id);
    else if (rows.length > 0) this.#floor.looked(upTo);
    else this.#floor.looked(next === undefined ? undefined : next - 1);
    chains.add(rows);
    return { found: rows.length, more: cut || upTo !== undefined };
  }

  /** All that waits may belong to a few keys: to leave out millions of rows at each look would keep the others waiting. */
  async #skip(isCurrent: () => boolean): Promise<void> {
    const { chains, store, stream } = this.#parts;
    const { covered, value: known } = this.#floor;
    if (covered - this.#keysAskedAt < ASK_AGAIN_ROWS) return;
    const resets = this.#resets;
    const most = Math.min(FEW_KEYS, Math.floor(chains.room.rows * PART_OF_ROOM));
    const keys = await store.keys(stream, chains.exclusions.keys, most + 1);
    if (resets !== this.#resets || !isCurrent()) return;
    this.#keysAskedAt = covered;
    if (keys.length > most) return;
    chains.fallBehind(keys, known);
    this.#floor.skip();
  }

  async #readKeys(rows: number, isCurrent: () => boolean): Promise<number> {
    const { chains } = this.#parts;
    if (rows === 1) return await this.#readWanted(chains.wanted.slice(0, 1), 1, isCurrent);
    this.#turns.observe(chains.isSending(this.#keysOfTurn));
    const { wanted } = chains;
    if (wanted.length === 0 || !this.#turns.mayBegin) return 0;
    this.#turns.begin();
    this.#keysOfTurn = wanted.map(({ key }) => key);
    const share = Math.floor(chains.roomOfKeys.rows / wanted.length);
    return await this.#readWanted(wanted, Math.max(1, Math.min(this.#turns.rowsOfKey, share)), isCurrent);
  }

  async #readWanted(
    wanted: readonly KeyPosition[],
    rowsEach: number,
    isCurrent: () => boolean,
  ): Promise<number> {
    const { chains, store, stream } = this.#parts;
    const { roomOfKeys: room, exclusions } = chains;
    if (wanted.length === 0 || room.rows <= 0 || room.bytes <= 0) return 0;
    const limits = { rowsEach, bytes: Math.min(LOOK_BYTES, room.bytes), without: exclusions.ids };
    const found = await store.lookAtKeys(stream, wanted, limits);
    if (!isCurrent()) return 0;
    chains.addOfKeys(wanted, found);
    return found.rows.length;
  }
}
