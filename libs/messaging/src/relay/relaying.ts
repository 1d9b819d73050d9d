import type { SqlDatabase } from '@orderflow/database';
import type { Broker } from '../broker/broker.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import type { Log } from '../log/log.ts';
import type { Lease } from '../ownership/fence.ts';
import { type BatchPublisher } from '../publisher/batch-publisher.ts';
import { type Publisher } from '../publisher/publisher.ts';
import type { Provisioner } from '../topology/provisioner.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';
import { type Backlog, BacklogStore } from '../outbox/backlog-store.ts';
import { BehindCheck } from './behind-check.ts';
import { HousekeepingStore } from './housekeeping-store.ts';
import type { PublishRules } from '../outbox/publish-rules.ts';
import { PublishedStore } from '../outbox/published-store.ts';
import { Reconciliation } from './reconciliation.ts';
import { RefusedStore } from './refused-store.ts';
import { RelayStatusStore } from './relay-status-store.ts';
import type { RelayStore } from './relay-store.ts';
import { Relay } from './relay.ts';
import { StreamVerifier } from './stream-verifier.ts';

export interface RelayingParts {
  options: {
    readonly service: string;
    /** That it owns. */
    readonly streams: readonly StreamDefinition[];
    readonly database: SqlDatabase;
    readonly log: Log;
  };
  broker: Broker;
  store: RelayStore;
  publisher: Publisher;
  batches: BatchPublisher;
  provisioner: Provisioner;
  rules: PublishRules;
  /** Why the service must rest: its database is older than a stream. Undefined when it may go on. */
  onBehind: (reason: string | undefined) => void;
}

/**
 * The publishing half of an instance: relays the outbox while it holds the lease. Needs no handlers, and may run in any
 * process of the service.
 */
export class Relaying {
  readonly relay: Relay;
  readonly #parts: RelayingParts;
  readonly #backlog: BacklogStore;

  constructor(parts: RelayingParts) {
    this.#parts = parts;
    const { options, publisher, batches } = parts;
    const { database, streams, log } = options;
    this.#backlog = new BacklogStore(database);
    this.relay = new Relay({
      streams: streams.map(({ name }) => name),
      store: parts.store,
      housekeeping: new HousekeepingStore(database),
      refused: new RefusedStore(database),
      status: new RelayStatusStore(database),
      publisher,
      batches,
      verify: this.#verifier().verify,
      look: async (stream) => {
        const info = await parts.provisioner.find(stream);
        return info && { created: info.created, lastSequence: info.state.last_seq };
      },
      log,
    });
  }

  /** PubAcks received. */
  get acknowledged(): number {
    return this.#parts.publisher.acknowledged + this.#parts.batches.acknowledged;
  }

  get inFlight(): number {
    return this.#parts.publisher.inFlight;
  }

  /** How long the oldest row that could be published has waited, and how long ago any was published, in ms. */
  backlog(): Promise<Backlog> {
    return this.#backlog.read();
  }

  start(lease: Lease): void {
    this.relay.start(lease);
  }

  stop(): Promise<void> {
    return this.relay.stop();
  }

  /** Nothing more is waited for: what was not acknowledged is published again by the next relay. */
  giveUp(): void {
    const { publisher, batches, options } = this.#parts;
    publisher.close();
    for (const { name } of [...options.streams, DEAD_LETTERS]) batches.interrupt(name);
  }

  #verifier(): StreamVerifier {
    const { options, broker, provisioner, rules, onBehind } = this.#parts;
    const { service, streams, database, log } = options;
    const published = new PublishedStore(database);
    const definitions = new Map([...streams, DEAD_LETTERS].map((stream) => [stream.name, stream]));
    return new StreamVerifier({
      ensure: async (name) => {
        const definition = definitions.get(name);
        const found =
          definition === undefined ? await provisioner.find(name) : await provisioner.ensure(definition);
        if (found !== undefined) return found;
        throw new MessagingError('STREAM_MISSING', `Stream ${name} does not exist.`, {
          remedy: 'Rows of it wait in the outbox; create the stream, or discard them.',
        });
      },
      reconciliation: new Reconciliation({ store: published, manager: broker.manager, log }),
      behind: new BehindCheck({ broker, database, published, service }),
      owned: new Set(streams.map(({ name }) => name)),
      rules,
      database,
      onBehind: (reason) => {
        this.relay.reconcile(reason ?? 'the database is not behind its streams any more');
        onBehind(reason);
      },
      log,
    });
  }
}
