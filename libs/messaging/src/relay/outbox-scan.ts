import type { BacklogTurns } from './backlog-turns.ts';
import type { KeyChains } from './key-chains.ts';
import type { Horizon, RelayStore } from './relay-store.ts';
import { ScanFloor } from './scan-floor.ts';

const LOOK_BYTES = 4_194_304;

export interface OutboxScanParts {
  stream: string;
  chains: KeyChains;
  store: RelayStore;
  /** Not older than the last look. */
  horizon: () => Promise<Horizon>;
  turns: BacklogTurns;
}

/** Reads what waits for one stream into its chains: the next rows of the stream, and those of keys that are behind. */
export class OutboxScan {
  readonly #parts: OutboxScanParts;
  readonly #floor = new ScanFloor();
  #wantsRoom = false;

  constructor(parts: OutboxScanParts) {
    this.#parts = parts;
  }

  /** The last read was cut short because too much is under way. */
  get wantsRoom(): boolean {
    return this.#wantsRoom;
  }

  /** Below this number no row waits, except those of keys with a refused row. */
  get floor(): number {
    return this.#parts.chains.lowest(this.#floor.value);
  }

  /** Rows with smaller numbers may have come back. */
  reset(): void {
    this.#floor.reset();
  }

  /**
   * At most so many rows of the stream. What was read counts for nothing when `isCurrent` is false by then.
   *
   * @returns how many were found, and whether there may be more
   */
  async read(rows: number, isCurrent: () => boolean): Promise<{ found: number; again: boolean }> {
    const ofKeys = await this.#readKeys(rows, isCurrent);
    if (rows === 1 && ofKeys > 0) return { found: ofKeys, again: false };
    const { chains, store, stream, horizon, turns } = this.#parts;
    this.#floor.observe(await horizon());
    const { room, exclusions } = chains;
    const limit = { rows: Math.min(rows, room.rows), bytes: Math.min(LOOK_BYTES, room.bytes) };
    this.#wantsRoom = limit.rows <= 0 || limit.bytes <= 0;
    if (this.#wantsRoom) return { found: ofKeys, again: false };
    const { range } = this.#floor;
    const { rows: found, cut } = await store.look(stream, { ...range, ...exclusions, ...limit });
    if (found.length > 0) turns.othersFound();
    if (!isCurrent()) return { found: 0, again: false };
    this.#floor.looked(cut ? found.at(-1)?.id : range.upTo);
    chains.add(found);
    return { found: ofKeys + found.length, again: cut || ofKeys > 0 || range.upTo !== undefined };
  }

  async #readKeys(rows: number, isCurrent: () => boolean): Promise<number> {
    const { chains, store, stream, turns } = this.#parts;
    const { wanted: all, roomOfKeys: room } = chains;
    const wanted = rows === 1 ? all.slice(0, 1) : all;
    if (wanted.length === 0 || room.rows <= 0 || room.bytes <= 0 || !turns.next()) return 0;
    const share = Math.max(1, Math.min(turns.rowsOfKey, Math.floor(room.rows / wanted.length)));
    const limits = { rowsEach: rows === 1 ? 1 : share, bytes: Math.min(LOOK_BYTES, room.bytes) };
    const found = await store.lookAtKeys(stream, wanted, limits);
    if (!isCurrent()) return 0;
    chains.addOfKeys(wanted, found);
    return found.rows.length;
  }
}
