import { Database } from '@orderflow/database';
import { definePart } from '../part/protocol.ts';
import { effectMessages } from './effect-messages.ts';
import { assertOnce, columnsOf, EFFECT_TABLE } from './effect-table.ts';

interface Options {
  readonly postgres: string;
  readonly messagesInTransaction: number;
  readonly messages: number;
}

const INBOX = 'CREATE TABLE inbox (message_id text PRIMARY KEY)';

/** An id is stored and its effect written by one statement, in one transaction for many: no broker, no order, no fence. */
const WRITE = `
  WITH fresh AS (
    INSERT INTO inbox SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING message_id
  )
  INSERT INTO effect (message_id, user_id, n, text)
  SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS message (message_id, user_id, n, text)
  WHERE message_id IN (TABLE fresh)
  RETURNING n`;

export const part = definePart<Options>({
  async start({ postgres, messagesInTransaction, messages }) {
    const database = new Database({ url: postgres, applicationName: 'bench' });
    await database.query(EFFECT_TABLE);
    await database.query(INBOX);
    const waiting = effectMessages(messages);
    let [next, written] = [0, 0];
    const writeSome = async (): Promise<number> => {
      const some = waiting.slice(next, (next += messagesInTransaction));
      if (some.length === 0) throw new Error('there are fewer messages than are asked for');
      return (await database.transaction((tx) => tx.query(WRITE, columnsOf(some)))).length;
    };
    return {
      go: async ({ count = 0 }) => {
        const beganAt = performance.now();
        let done = 0;
        while (done < count) {
          const more = await writeSome();
          done += more;
        }
        written += done;
        return { count: done, ms: performance.now() - beganAt };
      },
      stop: async () => {
        await assertOnce(database, written);
        await database.close();
      },
    };
  },
});
