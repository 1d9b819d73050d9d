import * as payment from '@orderflow/payment';
import type { ModelProvider } from './model-provider.test-support.ts';
import {
  Contradiction,
  type Effect,
  type Fact,
  type ModelService,
  NOTHING,
} from './model-services.test-support.ts';

/** Asks the provider in the middle of a handler, as the real one does: what that does stays done when the handler ends badly. */
export class PaymentModel implements ModelService {
  readonly name = 'payment';
  readonly reads = ['ORDERS'] as const;
  readonly payments = new Map<string, payment.PaymentState>();
  readonly #provider: ModelProvider;

  constructor(provider: ModelProvider) {
    this.#provider = provider;
  }

  handle({ stream, event }: Fact): Effect | undefined {
    if (stream !== 'ORDERS') return NOTHING;
    const { userId, orderId } = event.data;
    if (event.type === 'cancelled') return this.#run(orderId, { type: 'cancel', order: { userId, orderId } });
    if (event.type !== 'reserved') return NOTHING;
    const { total: amount, paymentToken } = event.data;
    return this.#run(orderId, { type: 'charge', request: { userId, orderId, amount, paymentToken } });
  }

  /** As settle-payment.ts does: what holds no fact is written down before the provider is asked. */
  #run(orderId: string, command: payment.PaymentCommand): Effect | undefined {
    const over = command.type === 'cancel';
    let state = this.payments.get(orderId) ?? payment.NO_PAYMENT;
    let unwritten: payment.PaymentEvent[] = [];
    for (let next = command; ;) {
      const decision = payment.decide(state, next);
      if (decision.kind === 'contradicted') throw new Contradiction(decision.because);
      const { events, call } = decision.kind === 'accepted' ? decision : { events: [], call: undefined };
      state = events.reduce(payment.evolve, state);
      unwritten = [...unwritten, ...events];
      if (call === undefined) break;
      if (payment.factsOf(unwritten).length === 0) {
        this.payments.set(orderId, state);
        unwritten = [];
      }
      const answer = this.#provider.ask(call, over);
      if (answer === undefined) return undefined;
      next = answer;
    }
    return {
      facts: payment.factsOf(unwritten).map((event) => ({ stream: 'PAYMENTS', event })),
      commit: () => this.payments.set(orderId, state),
    };
  }
}
