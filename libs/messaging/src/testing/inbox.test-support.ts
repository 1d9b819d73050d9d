import type { Database } from '@orderflow/database';
import type { Claim, InboxMessage } from '../inbox/claim.ts';
import { Inbox } from '../inbox/inbox.ts';

export const inbox = new Inbox('ordered', { inOrder: true });

export function inboxMessage(messageId: string, key = 'u1', sequence = 1): InboxMessage {
  return { messageId, key, stream: 'ORDERS', sequence };
}

export function claim(database: Database, ...messages: InboxMessage[]): Promise<Claim[]> {
  return database.transaction((tx) => inbox.claim(tx, messages));
}

export function statesOf(claims: readonly Claim[]): string[] {
  return claims.map(({ state }) => state);
}

export function inboxRows(database: Database): Promise<{ message_id: string; state: string }[]> {
  return database.query('SELECT message_id, state FROM messaging.inbox ORDER BY message_id');
}

export async function blockKey(database: Database, key: string): Promise<void> {
  await database.query(
    `INSERT INTO messaging.blocked_key (consumer, key, partition, state) VALUES ('ordered', $1, 0, 'blocked')`,
    [key],
  );
}

/** As after an attempt that failed. */
export async function recordFailure(
  database: Database,
  message: InboxMessage,
  delayMs: number,
  attempts = 1,
): Promise<void> {
  const history = [{ at: 'now', error: 'failed' }];
  await inbox.recordAttempt(database, message, { attempts, delayMs, history });
}
