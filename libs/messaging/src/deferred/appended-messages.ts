import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { countByKey, settleKeys } from './blocked-keys.ts';
import { storeMessages } from './stored-messages.ts';

/**
 * Keeps messages of keys with earlier ones in the database. Their inbox rows must be written in the same transaction.
 * Those that are there already are left as they are.
 */
export async function appendMessages(
  tx: SqlExecutor,
  consumer: string,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const stored = await storeMessages(tx, { consumer, messages, how: 'appended' });
  await settleKeys(tx, consumer, countByKey(stored));
}
