import type { JetStreamManager } from '@nats-io/jetstream';
import type { SqlDatabase } from '@orderflow/database';
import { sourceOf } from './outbox-row.ts';
import type { PublishedStore } from './published-store.ts';
import type { Decision } from './refused-events.ts';

const ADOPT = `
  INSERT INTO messaging.published
    (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload)
  SELECT (SELECT current FROM messaging.published_slot), $1, $2, $3, nextval('messaging.outbox_id_seq'), $4, $5, $6, $7, $8
  WHERE NOT EXISTS (SELECT FROM messaging.outbox WHERE message_id = $4)`;

const NOTE = `
  INSERT INTO messaging.intervention (who, why, action, consumer, key, message_id)
  VALUES ($1, $2, 'accept-events', 'outbox', $3, $4)`;

export interface AcceptedEventsParts {
  database: SqlDatabase;
  published: PublishedStore;
  manager: JetStreamManager;
  service: string;
}

/** The operator's decision after `DATABASE_BEHIND_STREAM`: the events of the stream stand as published. */
export class AcceptedEvents {
  readonly #parts: AcceptedEventsParts;

  constructor(parts: AcceptedEventsParts) {
    this.#parts = parts;
  }

  /**
   * Notes every event of this service above the highest known sequence as published. The relay continues within 5 s. The
   * business rows that those events tell of are not made again: restore them, or correct them by hand.
   *
   * @returns how many were noted
   */
  async accept(stream: string, decision: Decision): Promise<number> {
    const { database, published, manager, service } = this.#parts;
    const info = await manager.streams.info(stream);
    const mark = (await published.highest({ stream, incarnation: info.created })) ?? 0;
    let accepted = 0;
    for (let sequence = mark + 1; sequence <= info.state.last_seq; sequence++) {
      const message = await manager.streams.getMessage(stream, { seq: sequence });
      if (message?.header.get('ce-source') !== sourceOf(service)) continue;
      const id = message.header.get('Nats-Msg-Id');
      const headers = Object.fromEntries(
        message.header.keys().map((name) => [name, message.header.get(name)]),
      );
      const [prefix = '', , key = '', event = ''] = message.subject.split('.');
      const subject = `${prefix}.${key}.${event}`;
      const values = [
        stream,
        info.created,
        sequence,
        id,
        subject,
        key,
        JSON.stringify(headers),
        message.string(),
      ];
      await database.query(ADOPT, values);
      accepted++;
    }
    await database.query(NOTE, [decision.who, decision.why, stream, `${String(accepted)} events`]);
    return accepted;
  }
}
