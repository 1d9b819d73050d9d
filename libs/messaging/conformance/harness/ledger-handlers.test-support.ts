import { Controller, Inject } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import {
  type BatchDelivery,
  Ctx,
  type Delivery,
  partitionOf,
  Payload,
  PoisonMessage,
  Subscribe,
  SubscribeBatch,
  SubscribeShared,
} from '../../src/index.ts';
import { partitionResource } from '../../src/topology/resource.ts';
import { CrashingDatabase } from './crashing-database.test-support.ts';
import {
  Called,
  Counted,
  Insisted,
  Mailed,
  Skipped,
  type Step,
  Tallied,
} from './ledger-events.test-support.ts';
import { countCrash, type NewEffect, writeEffects } from './ledger-tables.test-support.ts';

/** What the handlers need to know of the instance that they run in. */
export class LedgerIdentity {
  /** As in the leases: the given name and what makes it unique. Known once the messaging module is made. */
  instance = '';
  readonly partitions: number;

  constructor(partitions: number) {
    this.partitions = partitions;
  }
}

const RETRY = { maxAttempts: 3, firstDelayMs: 40, maxDelayMs: 200 };

/** What a message asks for happens in its handler; its effect is a row of the ledger. */
@Controller()
export class LedgerHandlers {
  readonly #database: CrashingDatabase;
  readonly #identity: LedgerIdentity;

  constructor(
    @Inject(CrashingDatabase) database: CrashingDatabase,
    @Inject(LedgerIdentity) identity: LedgerIdentity,
  ) {
    this.#database = database;
    this.#identity = identity;
  }

  @Subscribe(Counted, { retry: RETRY })
  async counted(@Payload() step: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await this.#transactional(step, delivery);
  }

  @Subscribe(Skipped, { retry: RETRY, onFailure: 'skip' })
  async skipped(@Payload() step: Skipped, @Ctx() delivery: Delivery): Promise<void> {
    await this.#transactional(step, delivery);
  }

  @Subscribe(Insisted, { retry: { ...RETRY, maxDelayMs: 500 }, onFailure: 'block' })
  async insisted(@Payload() step: Insisted, @Ctx() delivery: Delivery): Promise<void> {
    await this.#transactional(step, delivery);
  }

  @SubscribeBatch(Tallied, { retry: RETRY })
  async tallied(@Payload() steps: Tallied[], @Ctx() batch: BatchDelivery): Promise<void> {
    const pairs = batch.pair(steps);
    for (const [step, delivery] of pairs) {
      await this.#begin(step, delivery);
      if (step.mode === 'slow') await batch.tx.query('SELECT pg_sleep($1)', [step.amount / 1000]);
    }
    await writeEffects(
      batch.tx,
      pairs.map(([step, delivery]) => this.#effectOf(step, delivery)),
    );
    for (const [step, delivery] of pairs) await this.#end(step, delivery);
  }

  @Subscribe(Called, { kind: 'external', retry: RETRY })
  async called(@Payload() step: Called, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(step, delivery);
    if (step.mode === 'slow') await passed(step.amount, delivery.signal);
    await delivery.transact((tx) => this.#effect(tx, step, delivery));
  }

  @SubscribeShared(Mailed, { name: 'mailer', retry: RETRY })
  async mailed(@Payload() step: Mailed, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(step, delivery);
    if (step.mode === 'slow') await passed(step.amount, delivery.signal);
    await delivery.transact((tx) => this.#effect(tx, step, delivery));
  }

  async #transactional(step: Step, delivery: Delivery): Promise<void> {
    await this.#begin(step, delivery);
    if (step.mode === 'slow') await delivery.tx.query('SELECT pg_sleep($1)', [step.amount / 1000]);
    await this.#effect(delivery.tx, step, delivery);
  }

  /** Writes down, past the transaction, that an attempt of anything unusual began. */
  async #begin(step: Step, delivery: Delivery): Promise<void> {
    if (step.mode === 'ok') return;
    await this.#database.query('INSERT INTO attempted (message_id, attempt, instance) VALUES ($1, $2, $3)', [
      delivery.messageId,
      delivery.attempt,
      this.#identity.instance,
    ]);
    if (step.mode === 'poison') throw new PoisonMessage(`${step.userId}#${step.n} is poison`);
    if (step.mode === 'fail' && delivery.attempt <= step.amount) {
      throw new Error(`${step.userId}#${step.n} fails in attempt ${delivery.attempt}`);
    }
    if (step.mode === 'kill-in-handler') await this.#killFor(step, delivery);
  }

  async #effect(tx: SqlExecutor, step: Step, delivery: Delivery): Promise<void> {
    await writeEffects(tx, [this.#effectOf(step, delivery)]);
    await this.#end(step, delivery);
  }

  #effectOf(step: Step, delivery: Delivery): NewEffect {
    const type = step.constructor.name;
    const partition = partitionOf(step.userId, this.#identity.partitions);
    return {
      user_id: step.userId,
      n: step.n,
      message_id: delivery.messageId,
      type,
      attempt: delivery.attempt,
      instance: this.#identity.instance,
      resource: type === 'Mailed' ? undefined : partitionResource(partition),
    };
  }

  async #end(step: Step, delivery: Delivery): Promise<void> {
    if (step.mode === 'kill-before-commit') await this.#killFor(step, delivery);
    if (step.mode === 'kill-after-commit')
      await this.#database.killAfterCommit(delivery.messageId, step.amount);
  }

  async #killFor(step: Step, delivery: Delivery): Promise<void> {
    if ((await countCrash(this.#database, delivery.messageId)) > step.amount) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal arrives between two turns of the event loop: nothing may happen until then.
    await new Promise(() => undefined);
  }
}

/** The time that a call to the world takes. Rejects as soon as the caller gives up. */
async function passed(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = (): void => reject(new Error('the handler was told to stop'));
  signal.addEventListener('abort', onAbort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
