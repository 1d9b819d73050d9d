import type { StreamInfo } from '@nats-io/jetstream';
import type { SqlDatabase } from '@orderflow/database';
import type { Log } from '../log/log.ts';
import type { Lease } from '../ownership/fence.ts';
import type { BehindCheck, Orphan } from './behind-check.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { Reconciliation } from './reconciliation.ts';

export interface Verified {
  /** The stream's `created`. */
  incarnation: string;
  lastSequence: number;
  /** Events that were put back into the outbox. */
  republished: number;
  /** Why nothing may be published: the database is older than the stream. */
  behind: string | undefined;
}

/** Makes sure that a stream exists and has what it acknowledged. Rejects when that cannot be found out. */
export type Verify = (stream: string, lease: Lease) => Promise<Verified>;

export interface StreamVerifierParts {
  /** The stream, created if it is missing and this service may create it. */
  ensure: (stream: string) => Promise<StreamInfo>;
  reconciliation: Reconciliation;
  /** Undefined for streams of which other services may publish the same events. */
  behind: BehindCheck;
  /** Streams that this service owns. */
  owned: ReadonlySet<string>;
  rules: PublishRules;
  database: SqlDatabase;
  /** Why the service must rest, or undefined when it may go on. */
  onBehind: (reason: string | undefined) => void;
  log: Log;
}

/** The highest sequence is kept while the incarnation stays the same; another one begins at what the stream has now. */
const RECORD = `
  INSERT INTO messaging.relay_stream (stream, incarnation, sequence, state) VALUES ($1, $2, $3, 'healthy')
  ON CONFLICT (stream) DO UPDATE SET
    sequence = CASE WHEN relay_stream.incarnation = $2 THEN relay_stream.sequence ELSE $3 END,
    incarnation = $2, changed_at = clock_timestamp()`;

export class StreamVerifier {
  readonly #parts: StreamVerifierParts;
  /** By stream, why the database is older than it. */
  readonly #behind = new Map<string, string>();

  constructor(parts: StreamVerifierParts) {
    this.#parts = parts;
  }

  /** While the database is behind one stream nothing is published to any: its events would follow from an older state. */
  readonly verify: Verify = async (stream, lease) => {
    const { ensure, rules, reconciliation, database } = this.#parts;
    const info = await ensure(stream);
    rules.limit(stream, info.config.max_msg_size);
    await this.#lookBehind(info);
    const [reason] = this.#behind.values();
    const verified = { incarnation: info.created, lastSequence: info.state.last_seq, behind: reason };
    if (reason !== undefined) return { ...verified, republished: 0 };
    const republished = await reconciliation.reconcile(info, lease);
    await database.query(RECORD, [stream, info.created, info.state.last_seq]);
    return { ...verified, republished };
  };

  async #lookBehind(info: StreamInfo): Promise<void> {
    const stream = info.config.name;
    const { owned, behind, onBehind } = this.#parts;
    if (!owned.has(stream)) return;
    const orphans = await behind.orphans(info);
    const before = this.#behind.size;
    if (orphans.length === 0) this.#behind.delete(stream);
    else if (!this.#behind.has(stream)) this.#behind.set(stream, this.#report(stream, orphans));
    const [reason] = this.#behind.values();
    if (this.#behind.size !== before) onBehind(reason);
  }

  #report(stream: string, orphans: readonly Orphan[]): string {
    const reason = `DATABASE_BEHIND_STREAM: ${stream} has events of this service that its database does not know, as after the restore of an older backup.`;
    this.#parts.log.error(
      { stream, first: orphans },
      `${reason} Nothing is published or handled. Restore the streams to the moment of the databases, or accept the events of the stream as published.`,
    );
    return reason;
  }
}
