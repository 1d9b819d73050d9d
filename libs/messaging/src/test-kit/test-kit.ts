import type { INestApplication } from '@nestjs/common';
import { type Database, migrate } from '@orderflow/database';
import { Breakers } from '../processing/breaker.ts';
import { routeOf } from '../routing/decode.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { buildLife } from '../processing/build-life.ts';
import { ExclusiveGate } from '../processing/exclusive-gate.ts';
import type { MessageLife } from '../processing/message-life.ts';
import { SuspectRuns } from '../processing/suspect-runs.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { PartitionLeases } from '../intake/partition-leases.ts';
import { nestLog } from '../log/log.ts';
import { registerHandlers } from '../nest/connect-messaging.ts';
import { JetStreamStrategy } from '../nest/jetstream.strategy.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { MESSAGING_MIGRATIONS } from '../runtime/migrations.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { type CrashPoint, Crashed, CrashingDatabase } from './crash-point.ts';
import { type FinalState, MessageOutcome, type PublishedEvent } from './message-outcome.ts';
import { testMessage, type TestMessageOptions } from './test-message.ts';

export interface TestKitOptions {
  /** Holds the controllers under test and what they inject; not the messaging module, and not yet initialised. */
  app: INestApplication;
  /** Real, and the test's own: the library's tables are made in it. */
  database: Database;
  /** Default `test`. */
  service?: string;
}

export interface DeliverOptions extends TestMessageOptions {
  /** Where the process dies while it handles the message. */
  crash?: CrashPoint;
}

/** What became of one delivery. */
export interface Delivered {
  messageId: string;
  /** `settled`: it would be acknowledged. `waiting`: it is tried again. `crashed`: as asked for. */
  outcome: 'settled' | 'waiting' | 'crashed';
  state: FinalState;
  /** The events that this message caused, as the outbox would publish them. */
  published: PublishedEvent[];
}

const PARTITIONS = 16;

/**
 * Drives messages through real handlers, with everything that Nest wraps around them, against a real database and
 * without a broker: the inbox, retries, parking and outbox are those of a running service. Leases are left out.
 */
export class MessagingTestKit {
  readonly #life: MessageLife;
  readonly #isExternal: (held: ReceivedMessage) => boolean;
  readonly #database: CrashingDatabase;
  readonly #outcome: MessageOutcome;

  private constructor(options: TestKitOptions, strategy: JetStreamStrategy) {
    const router = strategy.router().inGroup(undefined);
    const service = options.service ?? 'test';
    this.#database = new CrashingDatabase(options.database);
    this.#outcome = new MessageOutcome(options.database);
    this.#isExternal = (held) => routeOf(router, held)?.kind === 'external';
    this.#life = buildLife({
      service,
      consumer: ORDERED,
      name: service,
      partitions: PARTITIONS,
      rules: new PublishRules('any', () => undefined),
      database: this.#database,
      router,
      breakers: new Breakers(),
      suspects: new SuspectRuns(new ExclusiveGate(), new PartitionLeases()),
      counts: new MessageCounts(),
      log: nestLog('MessagingTestKit'),
      stop: new AbortController().signal,
      wakeRelay: () => undefined,
    });
  }

  /** Registers the handlers, makes the tables, and initialises the application. */
  static async create(options: TestKitOptions): Promise<MessagingTestKit> {
    const strategy = new JetStreamStrategy();
    registerHandlers(options.app, strategy);
    await migrate(options.database, MESSAGING_MIGRATIONS);
    await options.app.init();
    return new MessagingTestKit(options, strategy);
  }

  /** Delivers one event once. */
  async deliver(event: object, options: DeliverOptions = {}): Promise<Delivered> {
    const held = testMessage(event, options, PARTITIONS);
    // An external handler's first transaction only looks whether there is something to do.
    if (options.crash !== undefined) this.#database.crashNext(options.crash, this.#isExternal(held) ? 1 : 0);
    const outcome = await this.#handle(held);
    return {
      messageId: held.messageId,
      outcome,
      state: await this.#outcome.stateOf(held.messageId),
      published: await this.#outcome.publishedBy(held.messageId),
    };
  }

  /**
   * Delivers events as one batch, in one transaction if their handlers are transactional or batch handlers. Reorder them as you like.
   *
   * @param options those of the event at the same place
   */
  async deliverBatch(
    events: readonly object[],
    options: readonly TestMessageOptions[] = [],
  ): Promise<FinalState[]> {
    const messages = events.map((event, index) => testMessage(event, options[index] ?? {}, PARTITIONS));
    await this.#life.run({ messages, leases: [] });
    return await Promise.all(messages.map((held) => this.#outcome.stateOf(held.messageId)));
  }

  async #handle(held: ReceivedMessage): Promise<Delivered['outcome']> {
    try {
      const outcomes = await this.#life.run({ messages: [held], leases: [] });
      return outcomes.get(held)?.state ?? 'waiting';
    } catch (error) {
      if (error instanceof Crashed) return 'crashed';
      throw error;
    }
  }
}
