import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { Database, migrate, type Transaction } from '@orderflow/database';
import { MESSAGING_MIGRATIONS } from '@orderflow/messaging/internals';
import { definePart, type Done } from '../part/protocol.ts';
import { assertStored, type BenchStream, closeStream, openStream } from '../nats/bench-stream.ts';
import { fillOutbox } from './outbox-rows.ts';

interface Options {
  readonly nats: string;
  readonly postgres: string;
  readonly stream: BenchStream;
  readonly keys: number;
}

interface Row {
  id: number;
  message_id: string;
  subject: string;
  headers: Record<string, string>;
  payload: string;
}

const NEXT = `
  SELECT id, message_id, subject, headers, payload FROM messaging.outbox
  WHERE available_at IS NULL
  ORDER BY id LIMIT (SELECT 1) FOR UPDATE SKIP LOCKED`;

const MARK = 'DELETE FROM messaging.outbox WHERE id = $1';

/** What most write first, and what keeps order without further thought: the oldest row, published, marked, committed. */
export const part = definePart<Options>({
  async start({ nats, postgres, stream, keys }) {
    const broker = await openStream(nats, stream);
    const database = new Database({ url: postgres, applicationName: 'bench' });
    await migrate(database, MESSAGING_MIGRATIONS);
    const js = jetstream(broker.connection);
    let published = 0;
    const publishNext = async (tx: Transaction): Promise<void> => {
      const [row] = await tx.query<Row>(NEXT);
      if (row === undefined) throw new Error('the outbox is empty');
      const fields = headers();
      for (const [name, value] of Object.entries(row.headers)) fields.set(name, value);
      const options = { msgID: row.message_id, headers: fields };
      await js.publish(row.subject, row.payload, options);
      await tx.query(MARK, [row.id]);
    };
    const drain = async (count: number): Promise<Done> => {
      await fillOutbox(database, { count, keys, stream });
      const beganAt = performance.now();
      for (let n = 0; n < count; n++) await database.transaction(publishNext);
      const ms = performance.now() - beganAt;
      await assertStored(broker, stream, (published += count));
      return { count, ms };
    };
    return {
      go: ({ count = 0 }) => drain(count),
      stop: async () => {
        await database.close();
        await closeStream(broker, stream);
      },
    };
  },
});
