import { migrate } from '@orderflow/database';
import { bootSummary } from './boot-summary.ts';
import { type Broker, connectBroker } from '../broker/broker.ts';
import { brokerRefusal } from '../broker/refusal.ts';
import { ServiceInstance } from './service-instance.ts';
import type { Router } from '../routing/router.ts';
import { DeadLetterStore } from '../dead-letter/dead-letter-store.ts';
import { DeadLetters } from '../dead-letter/dead-letters.ts';
import { Interventions } from '../dead-letter/interventions.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { migrationsOf } from './migrations.ts';
import type { ResolvedMessagingOptions } from './options.ts';
import { BehindWatch } from '../relay/behind-watch.ts';
import { AcceptedEvents } from '../outbox/accepted-events.ts';
import { Outbox } from '../outbox/outbox.ts';
import { PublishedStore } from '../outbox/published-store.ts';
import { RefusedEvents } from '../outbox/refused-events.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { RelayStore } from '../relay/relay-store.ts';
import { Relaying } from '../relay/relaying.ts';
import { BatchPublisher } from '../publisher/batch-publisher.ts';
import { claimForService } from '../ownership/service-name.ts';
import { Publisher } from '../publisher/publisher.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';
import { partitionOf } from '../topology/partition.ts';
import { type ProvisionOutcome, Provisioner } from '../topology/provisioner.ts';
import { pause, within } from '../timing/within.ts';

const BOOT_RETRY_MS = 250;

export type RuntimeState = 'new' | 'connected' | 'running' | 'draining' | 'closed';

/**
 * Everything of the library that runs, without Nest. `connect`, then `run`, then `drain`, then `close`; each may be
 * called once, `drain` and `close` also after a failed start.
 */
export class MessagingRuntime {
  readonly options: ResolvedMessagingOptions;
  /** Usable from the start: rows wait in the database until there is a relay. */
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  /** Events that the broker will never take, for operators. */
  readonly refusedEvents: RefusedEvents;
  /** What this service may publish. */
  readonly rules: PublishRules;
  #behind: string | undefined;
  #behindWatch: BehindWatch | undefined;
  #state: RuntimeState = 'new';
  #broker: Broker | undefined;
  #publisher: Publisher | undefined;
  #provisioner: Provisioner | undefined;
  #provisioned: { name: string; outcome: ProvisionOutcome }[] = [];
  #instance: ServiceInstance | undefined;
  /** Set by the application's wish, before and after `run`. */
  #intakeWanted: boolean;
  readonly #aborted = new AbortController();

  constructor(options: ResolvedMessagingOptions) {
    this.options = options;
    this.#intakeWanted = options.intake === 'auto';
    this.rules = new PublishRules(options.streams, () => this.#broker?.connection.info?.max_payload);
    this.outbox = new Outbox({
      origin: { source: options.service },
      rules: this.rules,
      wake: () => this.#instance?.wakeRelay(),
      rename: options.rename,
    });
    this.refusedEvents = new RefusedEvents(options.database, () => this.#instance?.wakeRelay());
    this.deadLetters = this.#buildDeadLetters();
  }

  get state(): RuntimeState {
    return this.#state;
  }

  get broker(): Broker | undefined {
    return this.#broker;
  }

  get publisher(): Publisher | undefined {
    return this.#publisher;
  }

  /** Why nothing is published or handled: the database is older than its streams. */
  get behind(): string | undefined {
    return this.#behind;
  }

  /** For the decision after `DATABASE_BEHIND_STREAM`; undefined before the broker is connected. */
  get acceptedEvents(): AcceptedEvents | undefined {
    const { database, service } = this.options;
    const manager = this.#broker?.manager;
    const published = new PublishedStore(database);
    return manager && new AcceptedEvents({ database, published, manager, service });
  }

  get instance(): ServiceInstance | undefined {
    return this.#instance;
  }

  /** Postgres, NATS, streams. Rejects with what is wrong and what to do. */
  async connect(): Promise<void> {
    const { options } = this;
    await migrate(options.database, migrationsOf(options.schema), {
      onNewer: (migrations) =>
        options.log.warn({ migrations }, 'A newer build has migrated this database; this one runs beside it'),
    });
    await claimForService(options.database, options.service);
    const broker = await connectBroker({
      servers: options.natsServers,
      access: options.natsAccess,
      name: options.instance,
      bootTimeoutMs: options.bootTimeoutMs,
      signal: this.#bootSignal,
    });
    this.#broker = broker;
    try {
      await this.#untilAnswered(() => this.#prepare(broker));
    } catch (error) {
      await broker.connection.close();
      throw error;
    }
    this.#state = 'connected';
  }

  get #bootSignal(): AbortSignal {
    return AbortSignal.any([this.options.signal, this.#aborted.signal]);
  }

  /** A cluster that has just been started elects its leaders first; until then requests time out. */
  async #untilAnswered(work: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + this.options.bootTimeoutMs;
    for (;;) {
      try {
        await work();
        return;
      } catch (cause) {
        if (cause instanceof MessagingError) throw cause;
        const refusal = brokerRefusal(cause);
        if (refusal !== undefined) throw refusal;
        if (performance.now() > deadline) throw silent(cause);
        this.options.log.warn({ error: String(cause) }, 'JetStream does not answer yet');
        await pause(BOOT_RETRY_MS, this.#bootSignal);
      }
    }
  }

  async #prepare(broker: Broker): Promise<void> {
    const { options } = this;
    const settings = {
      partitions: options.partitions,
      replicas: options.replicas,
      maxBytes: options.streamMaxBytes,
    };
    this.#provisioner = new Provisioner(broker.manager, settings, options.provision);
    this.#provisioned = await this.#provision(this.#provisioner);
    this.#publisher = new Publisher(broker.connection);
  }

  /** Takes part in ownership, relays the outbox, and handles messages. */
  async run(router: Router): Promise<void> {
    const [broker, publisher, provisioner] = [this.#broker, this.#publisher, this.#provisioner];
    if (
      broker === undefined ||
      publisher === undefined ||
      provisioner === undefined ||
      this.#state !== 'connected'
    ) {
      throw new MessagingError(
        'CONFIG_INVALID',
        `Messaging cannot start: it is not connected (state: ${this.#state}).`,
        {
          remedy: 'Call app.init() or app.listen() before app.startAllMicroservices().',
        },
      );
    }
    const { bootTimeoutMs } = this.options;
    for (const { stream } of router.sources()) {
      await this.#untilAnswered(() => provisioner.awaitForeign(stream, bootTimeoutMs, this.#bootSignal));
    }
    const { options, rules } = this;
    const relaying = new Relaying({
      options,
      broker,
      store: new RelayStore(options.database),
      publisher,
      batches: new BatchPublisher(broker.connection),
      provisioner,
      rules,
      onBehind: (reason) => this.#rest(reason),
    });
    this.#instance = new ServiceInstance({ options, broker, relaying, router, rules });
    await this.#instance.start(this.#intakeWanted);
    this.#watchBehind(relaying);
    this.#state = 'running';
    const version = broker.connection.info?.version ?? 'unknown';
    const facts = { broker: version, streams: this.#provisioned, router };
    this.options.log.info(bootSummary(this.options, facts), 'Messaging started');
  }

  /**
   * Begins to take partitions and messages; for `intake: 'manual'`, and after `stopIntake`.
   *
   * @throws MessagingError `CONFIG_INVALID` with `intake: 'off'`
   */
  startIntake(): void {
    if (this.options.intake === 'off') {
      throw new MessagingError('CONFIG_INVALID', 'This instance never takes messages: intake is off.', {
        remedy: "Set intake to 'manual' or 'auto'.",
      });
    }
    this.#intakeWanted = true;
    if (this.#state === 'running') this.#instance?.startIntake();
  }

  /** Gives the partitions back after finishing what runs, up to the drain deadline. The relay goes on. */
  async stopIntake(): Promise<void> {
    this.#intakeWanted = false;
    await this.#instance?.stopIntake(this.options.drainDeadlineMs);
  }

  #buildDeadLetters(): DeadLetters {
    const { database, partitions } = this.options;
    const interventions = new Interventions({
      database,
      partitionOf: (key) => partitionOf(key, partitions),
      consumerOf: (row) => this.#instance?.consumerOf(row),
      wake: () => this.#instance?.wakeParked(),
    });
    return new DeadLetters(new DeadLetterStore(database), interventions);
  }

  async #provision(provisioner: Provisioner): Promise<{ name: string; outcome: ProvisionOutcome }[]> {
    const outcomes = [];
    for (const stream of [...this.options.streams, DEAD_LETTERS]) {
      outcomes.push({ name: stream.name, outcome: await provisioner.provision(stream) });
    }
    return outcomes;
  }

  #watchBehind(relaying: Relaying): void {
    const { database, log } = this.options;
    const isRelaying = (): boolean => relaying.relay.running;
    this.#behindWatch = new BehindWatch({
      database,
      isRelaying,
      log,
      onChange: (reason) => this.#rest(reason),
    });
    this.#behindWatch.start();
  }

  /** The database is older than a stream, or is not any more. */
  #rest(reason: string | undefined): void {
    this.#behind = reason;
    this.#instance?.rest(reason);
  }

  /** Stops taking messages, finishes what runs up to the deadline, and gives the partitions back. The relay goes on. */
  async drain(): Promise<void> {
    if (this.#state === 'draining' || this.#state === 'closed') return;
    this.#state = 'draining';
    this.#aborted.abort();
    await this.#instance?.drain(this.options.drainDeadlineMs);
  }

  /** Relays what is left, gives up the remaining leases, and disconnects. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    await this.drain();
    this.#state = 'closed';
    this.#behindWatch?.stop();
    await this.#instance?.close(this.options.drainDeadlineMs);
    this.#publisher?.close();
    const connection = this.#broker?.connection;
    // A broker that is away must not hold up the process: what was not acknowledged comes again.
    if (connection !== undefined && !connection.isClosed()) {
      await within(1_000, connection.flush());
      await connection.close();
    }
  }
}

function silent(cause: unknown): MessagingError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new MessagingError('BROKER_UNREACHABLE', `NATS is connected, but JetStream is not ready: ${said}.`, {
    remedy: 'Check that JetStream is enabled and that its cluster has a leader and enough nodes.',
    cause,
  });
}
