import { messageIds } from '../message-ids.ts';
import { inTurn, textPayloads } from '../payload.ts';
import type { Effect } from './effect-table.ts';

const KEYS = 10_000;
/** Of 20 messages one comes again, this much later. */
const REPEAT_EVERY = 20;
const REPEAT_AFTER = 2_000;

/** So many different messages, and every twentieth of them a second time further on. */
export function effectMessages(count: number): Effect[] {
  const [nextId, texts] = [messageIds(), textPayloads()];
  const messages: Effect[] = [];
  const again: Effect[] = [];
  for (let n = 0; n < count; n++) {
    const message = { messageId: nextId(), userId: `user-${n % KEYS}`, n, text: inTurn(texts, n) };
    messages.push(message);
    if (n % REPEAT_EVERY !== 0) continue;
    again.push(message);
    const old = again[again.length - REPEAT_AFTER / REPEAT_EVERY];
    if (old !== undefined) messages.push(old);
  }
  return messages;
}
