import type { Database, SchemaDatabase } from '@orderflow/database';
import { createHash } from 'node:crypto';
import type { Broker } from '../broker/broker.ts';
import { BrokerContact } from '../broker/broker-contact.ts';
import { buildHandling, type Handling, UNROUTED } from './handling.ts';
import type { Router } from '../routing/router.ts';
import type { ParkedRow } from '../deferred/parked-row.ts';
import { INBOX_RETENTION_MS, ORDERED, PRUNE_BATCH, pruneAttempts, pruneInbox } from '../inbox/inbox.ts';
import type { ResolvedMessagingOptions } from './options.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import type { Relay } from '../relay/relay.ts';
import type { Relaying } from '../relay/relaying.ts';
import type { Lease } from '../ownership/fence.ts';
import { Membership } from '../ownership/membership.ts';
import { type Heartbeat, OwnershipStore } from '../ownership/ownership-store.ts';
import { partitionOfResource, partitionResource, RELAY_RESOURCE } from '../topology/resource.ts';
import { parseStoredSubject } from '../topology/subject.ts';
import { Signal } from '../timing/signal.ts';
import { within } from '../timing/within.ts';

const PRUNE_INBOX_EVERY_MS = 60_000;

export interface ServiceInstanceParts {
  options: ResolvedMessagingOptions;
  broker: Broker;
  relaying: Relaying;
  router: Router;
  rules: PublishRules;
}

/**
 * What an instance does with its leases: it handles the partitions it holds and, if it holds that lease, relays the outbox
 * and looks for events that no contract knows.
 */
export class ServiceInstance {
  readonly relaying: Relaying;
  readonly handling: Handling;
  readonly membership: Membership;
  readonly #broker: Broker;
  readonly #options: ResolvedMessagingOptions;
  readonly #router: Router;
  /** Heartbeats must never wait for a connection behind a batch. */
  readonly #heartbeatDatabase: Database | SchemaDatabase;
  readonly #handlers: string;
  readonly contact: BrokerContact;
  #intake = false;
  #pruner: NodeJS.Timeout | undefined;

  constructor(parts: ServiceInstanceParts) {
    const { options, broker, relaying, router, rules } = parts;
    this.#broker = broker;
    this.#options = options;
    this.#router = router;
    this.relaying = relaying;
    this.#handlers = handlerSet(router);
    this.contact = new BrokerContact(broker.connection);
    this.#heartbeatDatabase = options.database.dedicated({
      purpose: 'lease',
      maxConnections: 2,
      queryTimeoutMs: options.leaseMs,
    });
    const ownershipDoubt = new Signal();
    const wakeRelay = (): void => this.wakeRelay();
    this.handling = buildHandling({ options, broker, router, rules, ownershipDoubt, wakeRelay });
    this.membership = this.#buildMembership(ownershipDoubt);
  }

  /** What this service handles. */
  get router(): Router {
    return this.#router;
  }

  get relay(): Relay {
    return this.relaying.relay;
  }

  /** Messages that wait at the broker for this instance and its queue groups, as of 2 s ago at most; what it holds is not counted. */
  get lag(): number {
    const { worker, shared } = this.handling;
    return shared.reduce((sum, subscription) => sum + subscription.pending, worker.pending);
  }

  /** @param intake whether to take partitions and messages at once; otherwise `startIntake` does */
  async start(intake: boolean): Promise<void> {
    const { connection } = this.#broker;
    connection.subscribe(this.#subject('ownership'), { callback: () => this.membership.nudge() });
    connection.subscribe(this.#subject('outbox'), { callback: () => this.relay.wake() });
    void this.#restartAfterReconnect();
    connection.subscribe(this.#subject('parked'), { callback: () => this.handling.deferred.wake() });
    this.contact.start();
    this.#intake = intake && this.#handlers !== '';
    await this.membership.start();
    if (this.#intake) this.#startMessages();
    this.#pruner = setInterval(() => void this.#prune(), PRUNE_INBOX_EVERY_MS).unref();
  }

  /** True while it takes partitions and messages. */
  get intake(): boolean {
    return this.#intake;
  }

  /** An instance without handlers takes nothing: its partitions would be handled by no instance. */
  startIntake(): void {
    if (this.#intake || this.#handlers === '') return;
    this.#intake = true;
    this.#startMessages();
    this.membership.nudge();
  }

  #startMessages(): void {
    for (const subscription of this.handling.shared) subscription.start();
    this.handling.deferred.start();
  }

  /** Finishes what runs, up to the deadline, and gives the partitions back. */
  async stopIntake(deadlineMs: number): Promise<void> {
    if (!this.#intake) return;
    this.#intake = false;
    await this.#settle(deadlineMs, (partitions) => this.membership.giveBack(partitions));
  }

  /** Rows were committed here. If another instance relays, it is told over core NATS; should that be lost, its sweep finds them. */
  wakeRelay(): void {
    if (this.relay.running) this.relay.wake();
    else this.#tell(this.#subject('outbox'));
  }

  /** Which consumer would handle a parked message now; undefined when no handler knows it. */
  consumerOf(row: Pick<ParkedRow, 'consumer' | 'subject' | 'headers' | 'stream'>): string | undefined {
    const event = parseStoredSubject(row.subject)?.event ?? '';
    const group = row.consumer === UNROUTED || row.consumer === ORDERED ? undefined : row.consumer;
    const type = row.headers['ce-type'] ?? '';
    return this.#router.inGroup(group).find(row.stream, event, type) === undefined
      ? undefined
      : (group ?? ORDERED);
  }

  /** A key was redriven; whichever instance owns it looks at once. */
  wakeParked(): void {
    this.handling.deferred.wake();
    this.#tell(this.#subject('parked'));
  }

  /** Nothing is taken from the streams while there is a reason; the relay knows by itself. */
  rest(reason: string | undefined): void {
    this.#options.log.warn({ reason }, reason === undefined ? 'Handling continues' : 'Handling stops');
    this.handling.worker.rest(reason);
    for (const subscription of this.handling.shared) subscription.rest(reason !== undefined);
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#intake = false;
    await this.#settle(deadlineMs, (partitions) => this.membership.handBack(partitions));
  }

  async #settle(deadlineMs: number, giveBack: (partitions: string[]) => Promise<void>): Promise<void> {
    const partitions = this.membership.held.filter((resource) => resource !== RELAY_RESOURCE);
    const stopped = Promise.all([
      this.handling.deferred.stop(),
      giveBack(partitions),
      ...this.handling.shared.map((subscription) => subscription.stop()),
    ]);
    if (await within(deadlineMs, stopped)) return;
    this.#options.log.warn(
      { held: this.handling.worker.held },
      'Drain deadline passed; running handlers are given up',
    );
    this.handling.abandon();
    await within(1_000, stopped);
  }

  async close(deadlineMs: number): Promise<void> {
    clearInterval(this.#pruner);
    this.contact.stop();
    const scannersStopped = this.handling.scanners.map((scanner) => scanner.stop());
    const stopped = Promise.all([this.membership.stop(), ...scannersStopped]);
    if (!(await within(deadlineMs, stopped))) {
      this.relaying.giveUp();
      await within(1_000, stopped);
    }
    this.handling.worker.stop();
    for (const subscription of this.handling.shared) subscription.end();
    await within(1_000, this.#heartbeatDatabase.close());
  }

  #buildMembership(signal: Signal): Membership {
    const { instance, leaseMs, bootTimeoutMs, partitions, log } = this.#options;
    const resources = [...Array(partitions).keys()].map(partitionResource);
    const options = {
      instance,
      leaseMs,
      bootTimeoutMs,
      resources: [...resources, RELAY_RESOURCE],
      describe: () => this.#describe(),
      signal,
      released: () => this.#tell(this.#subject('ownership')),
    };
    const { worker } = this.handling;
    const holder = {
      acquired: (lease: Lease) => (isPartition(lease) ? worker.acquired(lease) : this.#startRelay(lease)),
      release: (lease: Lease) => (isPartition(lease) ? worker.release(lease) : this.#stopRelay()),
      lost: (lease: Lease) => (isPartition(lease) ? worker.lost(lease) : void this.#stopRelay()),
    };
    return new Membership(new OwnershipStore(this.#heartbeatDatabase, instance), options, holder, log);
  }

  #describe(): Omit<Heartbeat, 'accepts'> {
    return {
      intake: this.#intake,
      relay: this.#options.relay,
      brokerSilenceMs: this.contact.silenceMs,
      handlers: this.#handlers,
    };
  }

  /** Who relays also looks for events that no contract knows. */
  #startRelay(lease: Lease): void {
    this.relaying.start(lease);
    for (const scanner of this.handling.scanners) scanner.start();
  }

  /** The next owner need not wait for the scanners: two at once do no harm. */
  async #stopRelay(): Promise<void> {
    for (const scanner of this.handling.scanners) void scanner.stop();
    await this.relaying.stop();
  }

  /** Deliveries may have been lost on the way. */
  async #restartAfterReconnect(): Promise<void> {
    for await (const status of this.#broker.connection.status()) {
      if (status.type === 'disconnect') this.relay.reconcile('disconnected');
      if (status.type !== 'reconnect') continue;
      this.#options.log.info({}, 'Reconnected to NATS');
      this.handling.worker.restartIntakes('reconnected');
      for (const subscription of this.handling.shared) subscription.restart('reconnected');
      this.relay.wake();
    }
  }

  async #prune(): Promise<void> {
    try {
      while ((await pruneInbox(this.#options.database, INBOX_RETENTION_MS)) === PRUNE_BATCH);
      await pruneAttempts(this.#options.database, INBOX_RETENTION_MS);
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'The inbox could not be pruned');
    }
  }

  #subject(topic: string): string {
    return `_orderflow.${this.#options.service}.${topic}`;
  }

  #tell(subject: string): void {
    const { connection } = this.#broker;
    if (!connection.isClosed() && !connection.isDraining()) connection.publish(subject);
  }
}

function isPartition(lease: Lease): boolean {
  return partitionOfResource(lease.resource) !== undefined;
}

/** Names the set of events that an instance handles; empty when it handles none. */
function handlerSet(router: Router): string {
  const types = router.routes.map(
    ({ contract, group }) => `${contract.stream.name} ${contract.type} ${group ?? ''}`,
  );
  return types.length === 0
    ? ''
    : createHash('sha256').update(types.sort().join('\n')).digest('hex').slice(0, 16);
}
