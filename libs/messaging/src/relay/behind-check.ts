import type { StreamInfo } from '@nats-io/jetstream';
import type { SqlDatabase } from '@orderflow/database';
import { randomUUID } from 'node:crypto';
import type { Broker } from '../broker/broker.ts';
import { StreamReader } from '../broker/stream-reader.ts';
import { sourceOf } from '../outbox/outbox-row.ts';
import type { PublishedStore } from '../outbox/published-store.ts';

const READ_AT_ONCE = 1_000;
/** As many as are named; the rest is counted when the operator has decided. */
const MAX_NAMED = 10;

const KNOWN = `
  SELECT message_id FROM messaging.outbox WHERE message_id = ANY ($1)
  UNION
  SELECT message_id FROM messaging.published WHERE stream = $2 AND incarnation = $3 AND sequence >= $4 AND message_id = ANY ($1)`;

/** An event of this service in its stream that its database does not know. */
export interface Orphan {
  sequence: number;
  messageId: string;
}

export interface BehindCheckParts {
  broker: Broker;
  database: SqlDatabase;
  published: PublishedStore;
  service: string;
}

/**
 * Finds out whether the database is older than a stream, as after the restore of a backup: above the highest sequence that
 * was marked there are events of this service that are neither in the outbox nor among the published ones. An event whose
 * mark was lost is still in the outbox, and what was published before the highest mark may have been removed since.
 */
export class BehindCheck {
  readonly #parts: BehindCheckParts;

  constructor(parts: BehindCheckParts) {
    this.#parts = parts;
  }

  /** The first orphans; none when the stream's incarnation was never marked. */
  async orphans(info: StreamInfo): Promise<Orphan[]> {
    const stream = info.config.name;
    const { published, broker, service } = this.#parts;
    const mark = await published.highest({ stream, incarnation: info.created });
    if (mark === undefined || mark >= info.state.last_seq) return [];
    const name = `${service}-${stream}-behind-${randomUUID()}`;
    const reader = await StreamReader.open(broker, stream, { name, after: mark });
    const orphans: Orphan[] = [];
    try {
      for (let sequence = mark; sequence < info.state.last_seq && orphans.length < MAX_NAMED;) {
        const messages = await reader.read(READ_AT_ONCE);
        const last = messages.at(-1);
        if (last === undefined) break;
        const own = messages
          .filter((message) => message.headers?.get('ce-source') === sourceOf(service))
          .map((message) => ({
            sequence: message.seq,
            messageId: message.headers?.get('Nats-Msg-Id') ?? '',
          }));
        orphans.push(...(await this.#unknown({ stream, incarnation: info.created, mark }, own)));
        sequence = last.seq;
      }
    } finally {
      reader.close();
    }
    return orphans.slice(0, MAX_NAMED);
  }

  async #unknown(
    at: { stream: string; incarnation: string; mark: number },
    own: readonly Orphan[],
  ): Promise<Orphan[]> {
    if (own.length === 0) return [];
    const values = [own.map(({ messageId }) => messageId), at.stream, at.incarnation, at.mark];
    const rows = await this.#parts.database.query<{ message_id: string }>(KNOWN, values);
    const known = new Set(rows.map((row) => row.message_id));
    return own.filter(({ messageId }) => !known.has(messageId));
  }
}
