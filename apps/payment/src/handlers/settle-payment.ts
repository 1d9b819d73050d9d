import { Injectable } from '@nestjs/common';
import { PaymentCaptured, PaymentDeclined, PaymentRefunded } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { contract, type Delivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-payment.ts';
import { evolve } from '../domain/evolve-payment.ts';
import type { PaymentDecision, ProviderCall } from '../domain/payment-decision.ts';
import { factsOf, type PaymentCommand, type PaymentEvent, type PaymentFact } from '../domain/payment.ts';
import { type KnownPayment, PaymentStore } from '../store/payment.store.ts';

/**
 * Makes a call to the provider; resolves with the command that its answer is.
 *
 * @param ageMs how long ago an earlier attempt began the payment, by the database's clock; undefined for a new payment
 */
export type AskProvider = (call: ProviderCall, ageMs: number | undefined) => Promise<PaymentCommand>;

interface Progress extends Omit<KnownPayment, 'ageMs'> {
  /** Applied to `state`, not yet written: the facts among them are published with the write. */
  unwritten: readonly PaymentEvent[];
}

/**
 * Advances a payment until no provider call is pending: decide, ask the provider, decide on the answer, and so on; then one transaction writes the payment and publishes the facts.
 *
 * A crash at any point loses nothing: every call has the same idempotency key next time, so the provider repeats its
 * answer, and what is written before a call holds no fact that would then be published without its message.
 */
@Injectable()
export class SettlePayment {
  readonly #database: Database;
  readonly #payments: PaymentStore;

  constructor(database: Database, payments: PaymentStore) {
    this.#database = database;
    this.#payments = payments;
  }

  async run(delivery: Delivery, orderId: string, command: PaymentCommand, ask: AskProvider): Promise<void> {
    const known = await this.#payments.load(this.#database, orderId);
    let payment: Progress = { ...known, unwritten: [] };
    let next: PaymentCommand | undefined = command;
    while (next !== undefined) {
      const { events, call } = acceptedBy(decide(payment.state, next));
      payment = apply(payment, events);
      if (call !== undefined) payment = await this.#noteBeforeCall(orderId, payment);
      next = call === undefined ? undefined : await ask(call, known.ageMs);
    }
    await this.#finish(delivery, orderId, payment);
  }

  /**
   * That a charge or a refund is on its way is known to others before it is. Facts are held back: they are written
   * only together with their publication.
   */
  async #noteBeforeCall(orderId: string, payment: Progress): Promise<Progress> {
    if (payment.unwritten.length === 0 || factsOf(payment.unwritten).length > 0) return payment;
    const version = await this.#payments.save(this.#database, orderId, payment.state, payment.version);
    return { state: payment.state, version, unwritten: [] };
  }

  async #finish(delivery: Delivery, orderId: string, { state, version, unwritten }: Progress): Promise<void> {
    await delivery.transact(async (tx) => {
      if (unwritten.length === 0) return;
      await this.#payments.save(tx, orderId, state, version);
      for (const fact of factsOf(unwritten)) delivery.publish(published(fact));
    });
  }
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
