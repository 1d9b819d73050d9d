import type { SqlDatabase } from '@orderflow/database';
import { ParkedClaims } from '../dead-letter/parked-claims.ts';
import { ParkedFailures } from '../dead-letter/parked-failures.ts';
import { Parking } from '../dead-letter/parking.ts';
import { type ClaimStore, Inbox, ORDERED } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import type { MessageCounts } from '../metrics/message-counts.ts';
import type { Lease } from '../ownership/fence.ts';
import { AttemptMarker } from './attempt-marker.ts';
import type { Breakers } from './breaker.ts';
import { routeOf } from './decode.ts';
import { EffectRunner } from './effect-runner.ts';
import { ExternalRunner } from './external-runner.ts';
import type { HeldMessage } from './held-message.ts';
import type { Router } from './router.ts';
import { type FailureStore, type Outcome, Settlement } from './settlement.ts';
import { StreamFailures } from './stream-failures.ts';

export interface RunnersParts {
  service: string;
  /** As in the inbox: `ordered`, or the name of a queue group. */
  consumer: string;
  /** As in DEAD_LETTERS: `payment`, `notification-mailer`. */
  name: string;
  database: SqlDatabase;
  router: Router;
  breakers: Breakers;
  counts: MessageCounts;
  log: Log;
  stop: AbortSignal;
  wakeRelay: () => void;
}

/** Looked at again soon. */
const UNDECIDED: Outcome = { state: 'waiting', forMs: 100 };

/** Handles messages, wherever they come from. */
export interface Runners {
  readonly effects: EffectRunner;
  readonly externals: ExternalRunner;
  /** One message by itself, with its attempt counted before it begins. */
  runAlone(held: HeldMessage, leases: readonly Lease[]): Promise<Outcome>;
}

/** For messages that come from a stream: claimed by the inbox. */
export function streamRunners(parts: RunnersParts): Runners & { parking: Parking } {
  const inbox = new Inbox(parts.consumer, { inOrder: parts.consumer === ORDERED });
  const parking = new Parking(parts);
  return {
    ...runners(parts, { claims: inbox, failures: new StreamFailures(inbox, parking), parking }),
    parking,
  };
}

/** For messages that were parked: claimed by their row. */
export function parkedRunners(parts: RunnersParts): Runners {
  const stores = {
    claims: new ParkedClaims(parts.consumer),
    failures: new ParkedFailures(parts),
    parking: new Parking(parts),
  };
  return runners(parts, stores);
}

function runners(
  parts: RunnersParts,
  stores: { claims: ClaimStore; failures: FailureStore; parking: Parking },
): Runners {
  const { router } = parts;
  const settlement = new Settlement({ ...parts, failures: stores.failures });
  const effects = new EffectRunner({ ...parts, ...stores, settlement });
  const externals = new ExternalRunner({ ...parts, ...stores, settlement });
  const marker = new AttemptMarker({ ...parts, ...stores });
  const runAlone = async (held: HeldMessage, leases: readonly Lease[]): Promise<Outcome> => {
    const early = await marker.begin(held, leases);
    if (early !== undefined) return early;
    if (routeOf(router, held)?.kind === 'external') return await externals.run(held, leases);
    const outcomes = await effects.run({ messages: [held], leases });
    return outcomes.get(held) ?? UNDECIDED;
  };
  return { effects, externals, runAlone };
}
