import type { OutgoingMessage } from '@orderflow/messaging/internals';
import { EFFECTS } from './effect-event.ts';
import type { Effect } from './effect-table.ts';

/** As the relay publishes it. */
export function outgoingEffect({ messageId, ...event }: Effect): OutgoingMessage {
  return {
    stream: EFFECTS.name,
    subject: `effect.${event.userId}.happened`,
    messageId,
    headers: { 'ce-id': messageId, 'ce-type': 'effect.happened.v1', 'ce-source': '/services/bench' },
    payload: JSON.stringify(event),
  };
}
