import { Injectable } from '@nestjs/common';
import { PaymentCaptured, PaymentDeclined, PaymentRefunded } from '@orderflow/contracts';
import { Database, GroupCommit, type ItemOutcome, type SqlExecutor } from '@orderflow/database';
import { BatchEffect, contract, type Delivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-payment.ts';
import { evolve } from '../domain/evolve-payment.ts';
import type { PaymentDecision, ProviderCall } from '../domain/payment-decision.ts';
import {
  factsOf,
  type PaymentCommand,
  type PaymentEvent,
  type PaymentFact,
  type PaymentState,
} from '../domain/payment.ts';
import {
  type KnownPayment,
  type PaymentChange,
  PaymentChanged,
  PaymentStore,
} from '../store/payment.store.ts';

/**
 * Makes a call to the provider; resolves with the command that its answer is.
 *
 * @param known the payment as this attempt found it
 */
export type AskProvider = (call: ProviderCall, known: KnownPayment) => Promise<PaymentCommand>;

/** What is needed of a delivery. */
export type EffectDelivery = Pick<Delivery, 'transactInBatch' | 'publish'>;

interface Progress {
  readonly state: PaymentState;
  readonly version: number;
  /** Applied to `state`, not yet written: the facts among them are published with the write. */
  readonly unwritten: readonly PaymentEvent[];
}

/** What reached a payment. */
interface Reached {
  readonly orderId: string;
  readonly command: PaymentCommand;
}

interface Begun {
  readonly orderId: string;
  readonly known: KnownPayment;
  readonly payment: Progress;
  /** What the provider is to be asked. */
  readonly call: ProviderCall | undefined;
}

/**
 * Advances a payment until no provider call is pending: decide, ask the provider, decide on the answer, and so on; then one
 * transaction writes the payment and publishes the facts. Payments that are begun at the same time share the statements
 * before the call and those after it.
 *
 * A crash at any point loses nothing: every call has the same idempotency key next time, so the provider repeats its
 * answer, and what is written before a call holds no fact that would then be published without its message.
 */
@Injectable()
export class SettlePayment {
  readonly #payments: PaymentStore;
  readonly #begin: GroupCommit<Reached, Begun>;
  readonly #write: BatchEffect<PaymentChange, number | PaymentChanged>;

  constructor(database: Database, payments: PaymentStore) {
    this.#payments = payments;
    this.#begin = new GroupCommit(database, (tx, reached) => this.#beginAll(tx, reached));
    this.#write = new BatchEffect((tx, changes) => payments.save(tx, changes));
  }

  async run(
    delivery: EffectDelivery,
    orderId: string,
    command: PaymentCommand,
    ask: AskProvider,
  ): Promise<void> {
    const { known, ...begun } = await this.#begin.submit({ orderId, command });
    let { payment, call } = begun;
    // Nothing is noted before a second call: it follows from an answer, which is a fact and written with its publication.
    while (call !== undefined) {
      const step = acceptedBy(decide(payment.state, await ask(call, known)));
      payment = apply(payment, step.events);
      call = step.call;
    }
    await this.#finish(delivery, orderId, payment);
  }

  /**
   * Loads the payments and decides. That a charge or a refund is on its way is written, so that others know it before it is.
   * Facts are held back: they are written only together with their publication.
   */
  async #beginAll(tx: SqlExecutor, reached: readonly Reached[]): Promise<ItemOutcome<Begun>[]> {
    const known = await this.#payments.load(
      tx,
      reached.map(({ orderId }) => orderId),
    );
    const begun = reached.map((item, index) => begin(item, known[index]));
    const noted = begun.filter(isToBeNoted);
    const versions = await this.#payments.save(
      tx,
      noted.map(({ orderId, payment }) => ({ orderId, ...payment })),
    );
    const written = new Map<Begun | PoisonMessage, number | PaymentChanged | undefined>(
      noted.map((one, index) => [one, versions[index]]),
    );
    return begun.map((one) => outcomeOf(one, written.get(one)));
  }

  async #finish(
    delivery: EffectDelivery,
    orderId: string,
    { state, version, unwritten }: Progress,
  ): Promise<void> {
    if (unwritten.length === 0) return;
    await delivery.transactInBatch(this.#write, { orderId, state, version }, (written) => {
      if (written instanceof PaymentChanged) throw written;
      for (const fact of factsOf(unwritten)) delivery.publish(published(fact));
    });
  }
}

function begin({ orderId, command }: Reached, known: KnownPayment | undefined): Begun | PoisonMessage {
  if (known === undefined) throw new TypeError('Fewer payments were loaded than were asked for.');
  const { state, version } = known;
  const decision = decide(state, command);
  if (decision.kind === 'contradicted') return new PoisonMessage(decision.because);
  const { events, call } = acceptedBy(decision);
  return { orderId, known, payment: apply({ state, version, unwritten: [] }, events), call };
}

function isToBeNoted(begun: Begun | PoisonMessage): begun is Begun {
  if (begun instanceof PoisonMessage || begun.call === undefined) return false;
  const { unwritten } = begun.payment;
  return unwritten.length > 0 && factsOf(unwritten).length === 0;
}

/** @param version that a payment was written with; undefined when nothing was to be written */
function outcomeOf(
  begun: Begun | PoisonMessage,
  version: number | PaymentChanged | undefined,
): ItemOutcome<Begun> {
  if (begun instanceof PoisonMessage) return { kind: 'refused', reason: begun };
  if (version instanceof PaymentChanged) return { kind: 'refused', reason: version };
  const { state } = begun.payment;
  const payment = version === undefined ? begun.payment : { state, version, unwritten: [] };
  return { kind: 'done', result: { ...begun, payment } };
}

type Accepted = Pick<Extract<PaymentDecision, { kind: 'accepted' }>, 'events' | 'call'>;

function acceptedBy(decision: PaymentDecision): Accepted {
  switch (decision.kind) {
    case 'accepted':
      return decision;
    case 'ignored':
      return { events: [] };
    case 'contradicted':
      throw new PoisonMessage(decision.because);
  }
}

function apply(payment: Progress, events: readonly PaymentEvent[]): Progress {
  const { state, version, unwritten } = payment;
  return { state: events.reduce(evolve, state), version, unwritten: [...unwritten, ...events] };
}

function published(fact: PaymentFact): object {
  switch (fact.type) {
    case 'captured':
      return contract(PaymentCaptured, fact.data);
    case 'declined':
      return contract(PaymentDeclined, fact.data);
    case 'refunded':
      return contract(PaymentRefunded, fact.data);
  }
}
