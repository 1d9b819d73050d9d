import type { ProbedDatabase } from '@orderflow/database';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import { DeferredFailures } from '../dead-letter/deferred-failures.ts';
import { Failures } from '../dead-letter/failure-stores.ts';
import { StreamFailures } from '../dead-letter/stream-failures.ts';
import { Claims } from '../deferred/claims.ts';
import { DeferredClaims } from '../deferred/deferred-claims.ts';
import { Deferring } from '../deferred/deferring.ts';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { Router } from '../routing/router.ts';
import { partitionOf } from '../topology/partition.ts';
import { AttemptMarker } from './attempt-marker.ts';
import type { Breakers } from './breaker.ts';
import { EffectHandlers } from './effect-handlers.ts';
import { ExternalHandlers } from './external-handlers.ts';
import { FailedCalls } from './failed-calls.ts';
import { FailedEffects } from './failed-effects.ts';
import { GroupEffect } from './group-effect.ts';
import { GroupPeek } from './group-peek.ts';
import { MessageLife } from './message-life.ts';
import { Settlement } from './settlement.ts';
import type { SuspectRuns } from './suspect-runs.ts';
import { UnreadableMessages } from './unreadable-messages.ts';

export interface LifeParts {
  service: string;
  /** As in the inbox: `ordered`, or the name of a queue group. */
  consumer: string;
  /** As in DEAD_LETTERS: `payment`, `notification-mailer`. */
  name: string;
  partitions: number;
  /** What its handlers may publish. */
  rules: PublishRules;
  database: ProbedDatabase;
  router: Router;
  breakers: Breakers;
  suspects: SuspectRuns;
  counts: MessageCounts;
  log: Log;
  /** Stops waiting for external handlers. */
  stop: AbortSignal;
  wakeRelay: () => void;
}

/** For one consumer: what comes from its streams, and what waited in the database. */
export function buildLife(parts: LifeParts): MessageLife {
  const { service, consumer, name, rules, database } = parts;
  const inbox = new Inbox(consumer, { inOrder: consumer === ORDERED });
  const claims = new Claims({ inbox, rows: new DeferredClaims(consumer), consumer });
  const failures = new Failures({
    stream: new StreamFailures(inbox, new DeadLetterWriter(parts)),
    rows: new DeferredFailures(parts),
  });
  const settlement = new Settlement({ ...parts, failures });
  const publishing = { service, consumer: name, rules };
  return new MessageLife({
    ...parts,
    claims,
    deferring: buildDeferring(parts),
    marker: new AttemptMarker({ ...parts, claims, failures }),
    unreadable: new UnreadableMessages({ database, claims, failures, settlement }),
    handlers: new EffectHandlers(publishing),
    failedEffects: new FailedEffects({ database, claims, settlement }),
    peeks: new GroupPeek({ database, claims }),
    externals: new ExternalHandlers(publishing, parts.stop),
    effects: new GroupEffect({ ...parts, claims }),
    failedCalls: new FailedCalls(database, settlement),
  });
}

function buildDeferring({ database, consumer, partitions }: LifeParts): Deferring {
  const group =
    consumer === ORDERED ? undefined : { partitionOf: (key: string) => partitionOf(key, partitions) };
  return new Deferring(database, consumer, group);
}
