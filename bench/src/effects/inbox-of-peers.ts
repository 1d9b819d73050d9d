import { Database } from '@orderflow/database';
import { type Effect, EFFECT_TABLE, writeEffect } from './effect-table.ts';

/** Transactions at once, and connections: more do not help on two cores. */
const CONNECTIONS = 16;

export async function openInbox(url: string): Promise<Database> {
  const database = new Database({ url, applicationName: 'bench', maxConnections: CONNECTIONS });
  await database.query(EFFECT_TABLE);
  await database.query('CREATE TABLE inbox (message_id text PRIMARY KEY)');
  return database;
}

/** What a consumer of another broker does to write its effect once. Returns how many effects that were. */
export async function writeOnce(database: Database, effect: Effect): Promise<number> {
  return await database.transaction(async (tx) => {
    const fresh = await tx.query(
      'INSERT INTO inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING message_id',
      [effect.messageId],
    );
    if (fresh.length > 0) await writeEffect(tx, effect);
    return fresh.length;
  });
}
