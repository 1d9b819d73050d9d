import { PublishRules } from '../src/outbox/publish-rules.ts';
import { Controller, Inject } from '@nestjs/common';
import { contract, Contract } from '../src/contract/contract.ts';
import { Ctx, type Delivery, Outbox, Payload, Subscribe, SubscribeShared } from '../src/index.ts';
import { partitionOf } from '../src/topology/partition.ts';
import { partitionResource } from '../src/topology/resource.ts';
import { once } from 'node:events';
import type { Cluster } from './harness/cluster.test-support.ts';
import { CrashingDatabase } from './harness/crashing-database.test-support.ts';
import type { LedgerExtension } from './harness/ledger-app.test-support.ts';
import { COUNTS, Step } from './harness/ledger-events.test-support.ts';
import { LedgerIdentity } from './harness/ledger-handlers.test-support.ts';
import { writeEffects } from './harness/ledger-tables.test-support.ts';

const example: Step = { userId: 'u1', n: 1, mode: 'ok', amount: 0 };

/** Tried again slowly enough for an instance to be restarted in between. */
@Contract<Step>({ stream: COUNTS, event: 'patient', version: 1, key: (step) => step.userId, example })
export class Patient extends Step {}

/** The same, of an external handler. */
@Contract<Step>({ stream: COUNTS, event: 'patient-call', version: 1, key: (step) => step.userId, example })
export class PatientCall extends Step {}

/** The same, of a queue group. */
@Contract<Step>({ stream: COUNTS, event: 'patient-mail', version: 1, key: (step) => step.userId, example })
export class PatientMail extends Step {}

/** Its external handler may take longer than the broker waits for an ack. */
@Contract<Step>({ stream: COUNTS, event: 'sluggish', version: 1, key: (step) => step.userId, example })
export class Sluggish extends Step {}

export const PATIENCE = { maxAttempts: 4, firstDelayMs: 400, maxDelayMs: 1_000 } as const;

@Controller()
class PatientHandlers {
  readonly #database: CrashingDatabase;
  readonly #identity: LedgerIdentity;

  constructor(
    @Inject(CrashingDatabase) database: CrashingDatabase,
    @Inject(LedgerIdentity) identity: LedgerIdentity,
  ) {
    this.#database = database;
    this.#identity = identity;
  }

  @Subscribe(Patient, { retry: PATIENCE })
  async patient(@Payload() step: Patient, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(delivery, step.amount);
    await this.#effect(step, delivery, delivery.tx);
  }

  @Subscribe(PatientCall, { kind: 'external', retry: PATIENCE })
  async call(@Payload() step: PatientCall, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(delivery, step.amount);
    await delivery.transact((tx) => this.#effect(step, delivery, tx));
  }

  @SubscribeShared(PatientMail, { name: 'patient-mailer', retry: PATIENCE })
  async mail(@Payload() step: PatientMail, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(delivery, step.amount);
    await delivery.transact((tx) => this.#effect(step, delivery, tx));
  }

  @Subscribe(Sluggish, { kind: 'external', timeoutMs: 90_000 })
  async sluggish(@Payload() step: Sluggish, @Ctx() delivery: Delivery): Promise<void> {
    await this.#begin(delivery);
    await once(AbortSignal.timeout(step.amount), 'abort');
    await delivery.transact((tx) => this.#effect(step, delivery, tx));
  }

  /** @param failures the attempts that fail */
  async #begin(delivery: Delivery, failures = 0): Promise<void> {
    await this.#database.query('INSERT INTO attempted (message_id, attempt, instance) VALUES ($1, $2, $3)', [
      delivery.messageId,
      delivery.attempt,
      this.#identity.instance,
    ]);
    if (delivery.attempt <= failures) throw new Error(`attempt ${delivery.attempt} fails`);
  }

  async #effect(step: Step, delivery: Delivery, tx: Delivery['tx']): Promise<void> {
    const effect = {
      user_id: step.userId,
      n: step.n,
      message_id: delivery.messageId,
      type: step.constructor.name,
      attempt: delivery.attempt,
      instance: this.#identity.instance,
      resource: partitionResource(partitionOf(step.userId, this.#identity.partitions)),
    };
    await writeEffects(tx, [effect]);
  }
}

export const extension: LedgerExtension = {
  controllers: [PatientHandlers],
  contracts: [Patient, PatientCall, PatientMail, Sluggish],
  streams: [],
};

/** Sends one message past the table `sent`. Returns its id. */
export async function sendPatient(
  cluster: Cluster,
  cls: typeof Patient,
  step: Partial<Step>,
): Promise<string> {
  const outbox = new Outbox({
    origin: { source: COUNTS.owner },
    rules: new PublishRules([COUNTS], () => undefined),
    wake: () => undefined,
  });
  const event = contract(cls, { ...example, ...step });
  const [id = ''] = await cluster.database.transaction((tx) => outbox.add(tx, event));
  return id;
}
