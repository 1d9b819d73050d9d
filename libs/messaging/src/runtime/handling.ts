import type { Broker } from '../broker/broker.ts';
import { contractOf } from '../contract/contract.ts';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import { DeferredIntake } from '../deferred/deferred-intake.ts';
import { DeferredStore } from '../deferred/deferred-store.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { MessageCounts } from '../message/message-counts.ts';
import type { ResolvedMessagingOptions } from './options.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import { sharedConsumer } from '../intake/durable-consumers.ts';
import { PartitionLeases } from '../intake/partition-leases.ts';
import { Signal } from '../timing/signal.ts';
import { filterSubject } from '../topology/subject.ts';
import { buildLife, type LifeParts } from '../processing/build-life.ts';
import { Breakers } from '../processing/breaker.ts';
import { ExclusiveGate } from '../processing/exclusive-gate.ts';
import { LANE_LIMITS } from '../processing/lane-limits.ts';
import { Lives } from '../processing/lives.ts';
import type { MessageLife } from '../processing/message-life.ts';
import { PartitionWorker, type PartitionWorkerParts } from '../processing/partition-worker.ts';
import type { Route, Router } from '../routing/router.ts';
import { SharedSubscription } from '../processing/shared-subscription.ts';
import { SuspectRuns } from '../processing/suspect-runs.ts';
import { UnknownEventScanner } from '../unknown-events/unknown-event-scanner.ts';

/** The inbox name of what no contract knows. */
export const UNROUTED = 'unrouted';

export interface Handling {
  readonly worker: PartitionWorker;
  readonly shared: readonly SharedSubscription[];
  /** One for each owned stream. */
  readonly scanners: readonly UnknownEventScanner[];
  /** Takes in what waits in the database. */
  readonly deferred: DeferredIntake;
  readonly breakers: Breakers;
  readonly counts: MessageCounts;
  /** Stops waiting for external handlers. */
  abandon(): void;
}

interface HandlingParts {
  options: ResolvedMessagingOptions;
  broker: Broker;
  router: Router;
  rules: PublishRules;
  /** Set when it is to be looked again who owns what. */
  ownershipDoubt: Signal;
  wakeRelay: () => void;
}

/** Puts the parts together that handle messages. */
export function buildHandling(parts: HandlingParts): Handling {
  const stop = new AbortController();
  const breakers = new Breakers();
  const counts = new MessageCounts();
  const gate = new ExclusiveGate();
  const leases = new PartitionLeases();
  const suspects = new SuspectRuns(gate, leases);
  const scopes = scopesOf(parts, { stop: stop.signal, breakers, counts, suspects });
  const groups = new Map(scopes.groups.map((scope) => [scope.consumer, buildLife(scope)]));
  const lives = new Lives(buildLife(scopes.ordered), groups);
  const hunger = new Signal();
  const worker = buildWorker(parts, scopes.ordered, { gate, suspects, leases, lives, hunger });
  const deferred = buildDeferred(parts, { scopes: [scopes.ordered, ...scopes.groups], worker, hunger });
  return {
    worker,
    breakers,
    counts,
    shared: scopes.groups.flatMap((scope) =>
      subscribeGroup(parts, scope, { gate, life: lives.of(scope.consumer) }),
    ),
    scanners: buildScanners(parts, counts),
    deferred,
    abandon: () => stop.abort(),
  };
}

/** What is handled in order, and each queue group, with the routes of each. */
function scopesOf(
  { options, router, rules, wakeRelay }: HandlingParts,
  shared: { stop: AbortSignal; breakers: Breakers; counts: MessageCounts; suspects: SuspectRuns },
): { ordered: LifeParts; groups: LifeParts[] } {
  const { service, database, log, partitions } = options;
  const scope = (group: string | undefined): LifeParts => ({
    ...shared,
    service,
    rules,
    consumer: group ?? ORDERED,
    name: group === undefined ? service : `${service}-${group}`,
    router: router.inGroup(group),
    partitions,
    database,
    log,
    wakeRelay,
  });
  const names = new Set(router.routes.map((route) => route.group).filter((group) => group !== undefined));
  return { ordered: scope(undefined), groups: [...names].map(scope) };
}

function buildWorker(
  { options, broker, ownershipDoubt }: HandlingParts,
  { router, counts }: LifeParts,
  shared: Pick<PartitionWorkerParts, 'gate' | 'suspects' | 'leases' | 'lives' | 'hunger'>,
): PartitionWorker {
  const { service, database, log } = options;
  return new PartitionWorker({
    service,
    broker,
    database,
    router,
    log,
    counts,
    ownershipDoubt,
    ...shared,
  });
}

function buildDeferred(
  { options: { database, log } }: HandlingParts,
  { scopes, worker, hunger }: { scopes: readonly LifeParts[]; worker: PartitionWorker; hunger: Signal },
): DeferredIntake {
  const dependencies = new Map(
    scopes.map(({ consumer, router }): [string, string[]] => [consumer, dependenciesOf(router)]),
  );
  const callsOf = (dependency: string): number => scopes[0]?.breakers.callsOf(dependency) ?? Infinity;
  return new DeferredIntake({
    store: new DeferredStore(database),
    holder: worker,
    signal: hunger,
    runLimit: LANE_LIMITS.run,
    dependencies,
    callsOf,
    log,
  });
}

function dependenciesOf(router: Router): string[] {
  const names = router.routes.map((route) => route.dependency ?? '');
  return [...new Set(names.filter((name) => name !== ''))];
}

/** One durable consumer for each group and stream. */
function subscribeGroup(
  { options: { log }, broker }: HandlingParts,
  { name, router }: LifeParts,
  { gate, life }: { gate: ExclusiveGate; life: MessageLife },
): SharedSubscription[] {
  const byStream = Map.groupBy(router.routes, (route: Route) => route.contract.stream);
  return [...byStream].map(([stream, routes]) => {
    const filters = routes.map((route) => filterSubject(stream, '*', route.contract.event));
    const consumer = sharedConsumer(name, [...new Set(filters)]);
    const concurrency = Math.max(...routes.map((route) => route.concurrency));
    return new SharedSubscription({ broker, stream: stream.name, consumer, log, concurrency, gate, life });
  });
}

function buildScanners(
  { options, broker, wakeRelay }: HandlingParts,
  counts: MessageCounts,
): UnknownEventScanner[] {
  const { service, database, log } = options;
  // A name of its own: a message of the service with the same id may be dead as well.
  const deadLetters = new DeadLetterWriter({ consumer: UNROUTED, name: `${service}-${UNROUTED}` });
  const contracts = options.contracts.map((cls) => contractOf(cls));
  return options.streams.map(({ name: stream }) => {
    const own = contracts.filter((contract) => contract.stream.name === stream);
    const events = new Set(own.map((contract) => contract.event));
    return new UnknownEventScanner({
      stream,
      service,
      events,
      broker,
      database,
      deadLetters,
      counts,
      log,
      wakeRelay,
    });
  });
}
