import type { Lease } from '../ownership/fence.ts';
import { type RelayParts, RelayTerm } from './relay-term.ts';
import type { StreamState } from './stream-health.ts';
import type { StreamRelay } from './stream-relay.ts';

/** How a stream fares. */
export interface StreamReport {
  stream: string;
  state: StreamState;
  lastError: string | undefined;
}

/**
 * Publishes the outbox, each stream by itself. Within a key the next row is published only after the PubAck of the one
 * before, or with it in one atomic batch; keys run side by side. A row is moved to the published ones after its PubAck, so
 * a crash in between publishes it again under the same id.
 *
 * The lease fences what is marked: a relay that was frozen past its lease marks nothing.
 */
export class Relay {
  readonly #parts: RelayParts;
  #term: RelayTerm | undefined;
  /** Resolves when the last term has ended. */
  #ended: Promise<void> = Promise.resolve();

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  get running(): boolean {
    return this.#term !== undefined;
  }

  get streams(): StreamReport[] {
    return (this.#term?.streams ?? []).map(({ name, state, lastError }: StreamRelay) => ({
      stream: name,
      state,
      lastError,
    }));
  }

  /** The last failure that has not been followed by a success. */
  get lastError(): string | undefined {
    return this.streams.find(({ lastError }) => lastError !== undefined)?.lastError;
  }

  /** The broker may have lost something: each stream is looked into before more is published to it. */
  reconcile(reason: string): void {
    for (const stream of this.#term?.streams ?? []) stream.reconcile(reason);
  }

  /** May be called at any time, also while an earlier term is being stopped: the new one begins when that has ended. */
  start(lease: Lease): void {
    if (this.#term !== undefined) return;
    const term = new RelayTerm(this.#parts, lease, () => this.#end(term));
    this.#term = term;
    void this.#ended.then(() => term.start());
  }

  /** Says that rows were committed. Cheap; may be called for each commit. */
  wake(): void {
    this.#term?.wake();
  }

  /** Publishes what is there now, marks it, and ends. Rows that the broker does not take stay for the next owner. */
  async stop(): Promise<void> {
    const term = this.#term;
    if (term !== undefined) this.#end(term);
    await this.#ended;
  }

  #end(term: RelayTerm): void {
    if (this.#term !== term) return;
    this.#term = undefined;
    this.#ended = this.#ended.then(() => term.stop());
  }
}
