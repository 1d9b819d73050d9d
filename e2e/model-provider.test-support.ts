import type { PaymentCommand, ProviderCall } from '@orderflow/payment';

/** What goes wrong on the way of one call. */
export type Mishap =
  | 'none'
  /** It never arrived. */
  | 'lost-call'
  /** It took effect, and nobody heard so. */
  | 'lost-answer'
  /** It never arrived, and the caller's patience is at its end: the charge is withdrawn. */
  | 'given-up';

/** A payment provider that does everything once for each idempotency key, whatever is lost on the way. */
export class ModelProvider {
  readonly #mishaps: Mishap[];
  readonly #charges = new Map<string, 'captured' | 'declined'>();
  readonly #held = new Map<string, number>();

  /** @param mishaps of the first calls, in turn; after that all goes well */
  constructor(mishaps: readonly Mishap[]) {
    this.#mishaps = [...mishaps];
  }

  /** Minor units that it holds for an order. */
  heldFor(orderId: string): number {
    return this.#held.get(orderId) ?? 0;
  }

  /** @param over whether the order is: its charge is withdrawn then, not made. Undefined when no answer came. */
  ask(call: ProviderCall, over: boolean): PaymentCommand | undefined {
    const mishap = this.#mishaps.shift() ?? 'none';
    if (mishap === 'lost-call') return undefined;
    const answer = this.#perform(call, over || mishap === 'given-up');
    return mishap === 'lost-answer' ? undefined : answer;
  }

  #perform(call: ProviderCall, withdraw: boolean): PaymentCommand {
    if (call.kind === 'refund') {
      this.#held.set(call.charge.orderId, 0);
      return { type: 'refund-confirmed', charge: call.charge };
    }
    const { idempotencyKey, request } = call;
    const declines = withdraw || request.paymentToken === 'tok_decline';
    const outcome = this.#charges.get(idempotencyKey) ?? (declines ? 'declined' : 'captured');
    if (!this.#charges.has(idempotencyKey) && outcome === 'captured')
      this.#held.set(request.orderId, request.amount.amount);
    this.#charges.set(idempotencyKey, outcome);
    if (outcome === 'declined') return { type: 'charge-declined', request, code: 'card_declined' };
    return { type: 'charge-captured', charge: { ...request, paymentId: `ch_${request.orderId}` } };
  }
}
