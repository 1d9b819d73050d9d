import type { ProbedDatabase } from '@orderflow/database';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import { Claims } from '../deferred/claims.ts';
import { DeferredClaims } from '../deferred/deferred-claims.ts';
import { DeferredFailures } from '../dead-letter/deferred-failures.ts';
import { Deferring } from '../deferred/deferring.ts';
import { Failures } from '../dead-letter/failure-stores.ts';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { Lease } from '../ownership/fence.ts';
import { AttemptMarker, type Verdict } from './attempt-marker.ts';
import type { Breakers } from './breaker.ts';
import { routeOf } from '../routing/decode.ts';
import { EffectRunner } from './effect-runner.ts';
import { ExternalRunner } from './external-runner.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Router } from '../routing/router.ts';
import { type Outcome, Settlement } from './settlement.ts';
import { StreamFailures } from '../dead-letter/stream-failures.ts';
import { partitionOf } from '../topology/partition.ts';

export interface RunnersParts {
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
  counts: MessageCounts;
  log: Log;
  stop: AbortSignal;
  wakeRelay: () => void;
}

/** Looked at again soon. */
const UNDECIDED: Outcome = { state: 'waiting', forMs: 100 };

/** Handles messages, wherever they come from: a stream or the database. */
export interface Runners {
  readonly effects: EffectRunner;
  readonly externals: ExternalRunner;
  /** Whether a message that may have ended its process is still to be handled. Counts nothing. */
  readonly vet: (held: ReceivedMessage, leases: readonly Lease[]) => Promise<Verdict>;
  /** One message by itself, with its attempt counted before it begins. Nothing else of this process may run beside it. */
  readonly runAlone: (held: ReceivedMessage, leases: readonly Lease[]) => Promise<Outcome>;
  /** Moves to the database what has to wait. */
  readonly deferring: Deferring;
}

/** For one consumer: what comes from its streams, and what waited in the database. */
export function buildRunners(parts: RunnersParts): Runners {
  const { consumer, router } = parts;
  const inbox = new Inbox(consumer, { inOrder: consumer === ORDERED });
  const deadLetters = new DeadLetterWriter(parts);
  const claims = new Claims({ inbox, rows: new DeferredClaims(consumer), consumer });
  const failures = new Failures({
    stream: new StreamFailures(inbox, deadLetters),
    rows: new DeferredFailures(parts),
  });
  const settlement = new Settlement({ ...parts, failures });
  const effects = new EffectRunner({ ...parts, claims, failures, settlement });
  const externals = new ExternalRunner({ ...parts, claims, settlement });
  const marker = new AttemptMarker({ ...parts, claims, failures });
  const runAlone = async (held: ReceivedMessage, leases: readonly Lease[]): Promise<Outcome> => {
    const early = await marker.begin(held, leases);
    if (early !== undefined) return early;
    let outcome: Outcome = UNDECIDED;
    try {
      if (routeOf(router, held)?.kind === 'external') outcome = await externals.run(held, leases);
      else outcome = (await effects.run({ messages: [held], leases })).get(held) ?? UNDECIDED;
    } finally {
      if (outcome.state !== 'settled') await marker.withdraw(held, leases);
    }
    return outcome;
  };
  const vet = (held: ReceivedMessage, leases: readonly Lease[]): Promise<Verdict> => marker.vet(held, leases);
  return { effects, externals, vet, runAlone, deferring: buildDeferring(parts) };
}

function buildDeferring({ database, consumer, partitions }: RunnersParts): Deferring {
  const group =
    consumer === ORDERED ? undefined : { partitionOf: (key: string) => partitionOf(key, partitions) };
  return new Deferring(database, consumer, group);
}

/** @throws TypeError when there is no such group */
export function runnersOfGroup(groups: ReadonlyMap<string, Runners>, group: string): Runners {
  const runners = groups.get(group);
  if (runners === undefined) throw new TypeError(`There is no queue group ${group}.`);
  return runners;
}
