import type { Database } from '@orderflow/database';

export interface ParkedView {
  n: number;
  message_id: string;
  state: 'dead' | 'waiting';
  attempts: number;
  reason: string | null;
}

/** What is parked of a key, in order. */
export async function parkedOf(database: Database, key: string): Promise<ParkedView[]> {
  return await database.query<ParkedView>(
    `SELECT n, parked.message_id, state, attempts, reason
     FROM messaging.parked JOIN sent USING (message_id) WHERE key = $1 ORDER BY parked.id`,
    [key],
  );
}
