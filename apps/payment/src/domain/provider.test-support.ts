import { decide } from './decide-payment.ts';
import { evolve } from './evolve-payment.ts';
import type { PaymentDecision, ProviderCall } from './payment-decision.ts';
import { factsOf, NO_PAYMENT, type PaymentCommand, type PaymentFact, type PaymentState } from './payment.ts';

/** What goes wrong on the way of one call; `lost-answer`: it took effect, and nobody heard so. */
export type Mishap = 'none' | 'lost-call' | 'lost-answer';

/** A provider that does everything once for each key, whatever is lost on the way. */
export class Provider {
  readonly #approves: boolean;
  readonly #mishaps: Mishap[];
  #charged = 0;
  #refunded = 0;

  constructor(approves: boolean, mishaps: readonly Mishap[]) {
    this.#approves = approves;
    this.#mishaps = [...mishaps];
  }

  /** Minor units that it holds for us. */
  get holds(): number {
    return this.#charged - this.#refunded;
  }

  /** Undefined when no answer came. */
  ask(call: ProviderCall): PaymentCommand | undefined {
    const mishap = this.#mishaps.shift() ?? 'none';
    if (mishap === 'lost-call') return undefined;
    const answer = this.#perform(call);
    return mishap === 'lost-answer' ? undefined : answer;
  }

  #perform(call: ProviderCall): PaymentCommand {
    if (call.kind === 'refund') {
      this.#refunded = call.charge.amount.amount;
      return { type: 'refund-confirmed', charge: call.charge };
    }
    const { request } = call;
    if (!this.#approves) return { type: 'charge-declined', request, code: 'card_declined' };
    this.#charged = request.amount.amount;
    return { type: 'charge-captured', charge: { ...request, paymentId: 'ch_1' } };
  }
}

/** A payment service in small: talks to the provider, and keeps state and published facts in one step. */
export class Service {
  readonly published: PaymentFact[] = [];
  state: PaymentState = NO_PAYMENT;
  readonly #provider: Provider;
  readonly #notesCalls: boolean;

  /** @param notesCalls whether the state is stored before each call, or only at the end */
  constructor(provider: Provider, notesCalls: boolean) {
    this.#provider = provider;
    this.#notesCalls = notesCalls;
  }

  /** Handles a message until it is settled: each lost call or answer is a crash, after which it starts again. */
  handle(message: PaymentCommand): void {
    for (let attempt = 0; attempt < 100; attempt++) if (this.attempt(message)) return;
    throw new Error(`${message.type} was never settled`);
  }

  /** Once; false when no answer came, as if the process had died there. */
  attempt(message: PaymentCommand): boolean {
    let state = this.state;
    const facts: PaymentFact[] = [];
    let next: Progress = step(state, message);
    while (next.call !== undefined) {
      state = next.events.reduce(evolve, state);
      facts.push(...factsOf(next.events));
      if (this.#notesCalls && facts.length === 0) this.state = state;
      const answer = this.#provider.ask(next.call);
      if (answer === undefined) return false;
      next = step(state, answer);
    }
    state = next.events.reduce(evolve, state);
    facts.push(...factsOf(next.events));
    this.state = state;
    this.published.push(...facts);
    return true;
  }
}

type Progress = Pick<Extract<PaymentDecision, { kind: 'accepted' }>, 'events' | 'call'>;

function step(state: PaymentState, command: PaymentCommand): Progress {
  const decision = decide(state, command);
  if (decision.kind === 'contradicted') throw new Error(decision.because);
  return decision.kind === 'accepted' ? decision : { events: [] };
}
