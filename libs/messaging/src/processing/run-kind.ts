import { routeOf } from '../routing/decode.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Run } from './lane.ts';
import type { Router } from '../routing/router.ts';

/** How a message is run. Those that a queue group has deferred are external. */
export function runKindOf(router: Router, held: ReceivedMessage): Run {
  if (held.suspect === true) return 'exclusive';
  return held.group !== undefined || routeOf(router, held)?.kind === 'external' ? 'alone' : 'batch';
}
