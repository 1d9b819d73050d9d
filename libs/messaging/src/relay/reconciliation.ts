import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { isStreamNotFound } from '../broker/api-error.ts';
import type { Log } from '../log/log.ts';
import type { Lease } from '../ownership/fence.ts';
import type { PublishedRow, PublishedStore, Run } from '../outbox/published-store.ts';

/** Rows of one transaction. */
const SLICE = 2_000;
/** Questions to the broker at once. */
const ASKED_AT_ONCE = 64;
/** Rows of an earlier incarnation that are looked for to see whether the stream was restored or made anew. */
const SAMPLES = 20;

export interface ReconciliationParts {
  store: PublishedStore;
  manager: JetStreamManager;
  log: Log;
  /** Rows of one transaction. Default 2,000. */
  slice?: number;
}

type Found = 'stored' | 'other' | 'missing';

/**
 * Finds events that a stream acknowledged and has lost, and puts them back into the outbox. nats-server acknowledges before
 * it has synced to disk: a power loss takes the newest messages away, and a store may be restored to an older moment or
 * created again.
 *
 * A sequence that the stream has not reached, or at which it has another message, is a loss. One that it has counted and
 * at which nothing is stored was purged, deleted or has expired: that is the operator's decision, and such a message does
 * not come back. The sequences of an earlier incarnation count only if the stream has at least one of its messages where
 * it was, as a restored one has.
 *
 * Nothing else may be published to the stream meanwhile. Goes in slices from the newest row down, each committed: a process
 * that ends in between leaves a shorter run, in which the next one finds the same first loss.
 */
export class Reconciliation {
  readonly #parts: ReconciliationParts;
  readonly #slice: number;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
    this.#slice = parts.slice ?? SLICE;
  }

  /** Returns how many events will be published again. Rejects when the broker or the database cannot be asked, and on OwnershipLost. */
  async reconcile(info: StreamInfo, lease: Lease): Promise<number> {
    const stream = info.config.name;
    let lost = 0;
    for (const incarnation of await this.#parts.store.incarnations(stream)) {
      lost += await this.#reconcileRun({ stream, incarnation }, info, lease);
    }
    if (lost > 0)
      this.#parts.log.warn({ stream, events: lost }, 'The stream lost events; publishing them again');
    return lost;
  }

  async #reconcileRun(run: Run, info: StreamInfo, lease: Lease): Promise<number> {
    const isSame = run.incarnation === info.created;
    const { last_seq: last } = info.state;
    const first = isSame ? await this.#firstLost(run, last) : 0;
    if (first === undefined) return 0;
    let lost = await this.#takeBackBehind(run, Math.max(first, last + 1), lease);
    const continues = isSame || (await this.#continues(run, last));
    if (!continues) return lost + (await this.#takeBackBehind(run, 0, lease));
    for (let upTo = last; upTo >= first;) {
      const rows = (await this.#parts.store.below(run, upTo, this.#slice)).filter(
        (row) => row.sequence >= first,
      );
      const end = rows.at(-1);
      if (end === undefined) break;
      lost += await this.#settleSlice({ run, rows, last: upTo, created: info.created }, lease);
      upTo = end.sequence - 1;
    }
    return lost;
  }

  /** Rows that the stream has elsewhere or not at all go back, the others belong to its present incarnation. */
  async #settleSlice(
    slice: { run: Run; rows: readonly PublishedRow[]; last: number; created: string },
    lease: Lease,
  ): Promise<number> {
    const { run, rows, last, created } = slice;
    const first = rows.at(-1)?.sequence ?? last;
    const found = await this.#findAll(run.stream, rows);
    const ids = rows.filter((_, index) => found[index] === 'other').map((row) => row.message_id);
    const { store } = this.#parts;
    const lost = ids.length === 0 ? 0 : await store.takeBack(run, { first, last, ids }, lease);
    if (run.incarnation !== created) await store.rename(run, { first, last, to: created }, lease);
    return lost;
  }

  /** All rows from this sequence on. */
  async #takeBackBehind(run: Run, first: number, lease: Lease): Promise<number> {
    let [lost, upTo] = [0, Number.MAX_SAFE_INTEGER];
    for (;;) {
      const rows = await this.#parts.store.below(run, upTo, this.#slice);
      const end = rows.findLast((row) => row.sequence >= first);
      if (end === undefined) return lost;
      lost += await this.#parts.store.takeBack(run, { first: end.sequence, last: upTo }, lease);
      upTo = end.sequence - 1;
    }
  }

  /**
   * A loss takes the end of a stream, and what was stored since then has been marked by nobody: its first sequence raises a
   * doubt. So of the rows of one incarnation all from a certain one on are lost, and it is found by bisection. Undefined
   * when none is.
   */
  async #firstLost(run: Run, last: number): Promise<number | undefined> {
    const [newest] = await this.#parts.store.below(run, Number.MAX_SAFE_INTEGER, 1);
    if (newest === undefined || !(await this.#isLost(run.stream, newest, last))) return undefined;
    let [low, high] = [1, newest.sequence];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = await this.#parts.store.from(run, middle);
      if (row === undefined || row.sequence >= high) high = middle;
      else if (await this.#isLost(run.stream, row, last)) high = row.sequence;
      else low = row.sequence + 1;
    }
    return low;
  }

  async #isLost(stream: string, row: PublishedRow, last: number): Promise<boolean> {
    return row.sequence > last || (await this.#find(stream, row)) === 'other';
  }

  async #continues(run: Run, last: number): Promise<boolean> {
    const found = await this.#findAll(run.stream, await this.#parts.store.below(run, last, SAMPLES));
    return found.includes('stored');
  }

  async #findAll(stream: string, rows: readonly PublishedRow[]): Promise<Found[]> {
    const found: Found[] = [];
    for (let start = 0; start < rows.length; start += ASKED_AT_ONCE) {
      const some = rows.slice(start, start + ASKED_AT_ONCE);
      found.push(...(await Promise.all(some.map((row) => this.#find(stream, row)))));
    }
    return found;
  }

  async #find(stream: string, row: PublishedRow): Promise<Found> {
    try {
      const message = await this.#parts.manager.streams.getMessage(stream, { seq: row.sequence });
      if (message === null) return 'missing';
      return message.header.get('Nats-Msg-Id') === row.message_id ? 'stored' : 'other';
    } catch (error) {
      if (isStreamNotFound(error)) return 'other';
      throw error;
    }
  }
}
