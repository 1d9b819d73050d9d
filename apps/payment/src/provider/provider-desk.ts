import { Injectable, Logger } from '@nestjs/common';
import { DependencyDown, PoisonMessage } from '@orderflow/messaging';
import { isStorableChargeId, refundKey } from '../domain/charge-id.ts';
import type { ProviderCall } from '../domain/payment-decision.ts';
import type { ChargeRequest, PaymentCommand } from '../domain/payment.ts';
import { PaymentProviderClient } from './payment-provider.client.ts';
import { ProviderRefusal, ProviderUnavailable } from './provider-error.ts';

type ChargeCall = Extract<ProviderCall, { kind: 'charge' }>;
type RefundCall = Extract<ProviderCall, { kind: 'refund' }>;

/** What the handlers that call the provider have in common: while it is down, all of them wait. */
export const PAYMENT_PROVIDER = 'payment-provider';

const UNUSABLE_ID = 'unusable_charge_id';

/**
 * Makes the calls that `decide` asks for and brings the answers back as its commands.
 *
 * - A call that the provider will never accept is a fault of ours: a dead letter, because no number of attempts mends it.
 * - A failure that every payment would meet, our access refused included, is no fault of this one: DependencyDown, which
 *   uses up no attempt.
 * - Any other missing answer is a failed attempt of this payment.
 */
@Injectable()
export class ProviderDesk {
  readonly #logger = new Logger(ProviderDesk.name);
  readonly #provider: PaymentProviderClient;
  /** The last reason that was logged: one line for an outage, not one for each payment. */
  #logged: string | undefined;

  constructor(provider: PaymentProviderClient) {
    this.#provider = provider;
  }

  async charge({ idempotencyKey, request }: ChargeCall, signal: AbortSignal): Promise<PaymentCommand> {
    const body = { ...request.amount, token: request.paymentToken };
    const answer = await this.#settle(this.#provider.charge(idempotencyKey, body, signal));
    return answer.status === 'captured'
      ? await this.#captured(request, answer.chargeId, signal)
      : { type: 'charge-declined', request, code: answer.code };
  }

  /**
   * Ends a charge whose outcome is not known: cancelled at the provider it counts as declined with `code`; when the
   * provider was faster, it is captured after all.
   */
  async withdraw(
    { idempotencyKey, request }: ChargeCall,
    code: string,
    signal: AbortSignal,
  ): Promise<PaymentCommand> {
    const answer = await this.#settle(this.#provider.cancelCharge(idempotencyKey, signal));
    return answer.status === 'captured'
      ? await this.#captured(request, answer.chargeId, signal)
      : { type: 'charge-declined', request, code };
  }

  async refund({ idempotencyKey, charge }: RefundCall, signal: AbortSignal): Promise<PaymentCommand> {
    await this.#settle(this.#provider.refund(idempotencyKey, charge.paymentId, signal));
    return { type: 'refund-confirmed', charge };
  }

  /**
   * A charge under an id that cannot be kept goes back at once, under the key of every refund of this order: it could
   * never be given back later. A crash in between repeats both calls, with the same answers.
   */
  async #captured(request: ChargeRequest, chargeId: string, signal: AbortSignal): Promise<PaymentCommand> {
    if (isStorableChargeId(chargeId)) {
      return { type: 'charge-captured', charge: { ...request, paymentId: chargeId } };
    }
    const { orderId } = request;
    this.#logger.error({ msg: 'charge has an id that cannot be stored; giving it back', orderId });
    await this.#settle(this.#provider.refund(refundKey(request), chargeId, signal));
    return { type: 'charge-declined', request, code: UNUSABLE_ID };
  }

  async #settle<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      this.#logged = undefined;
      return answer;
    } catch (error) {
      if (error instanceof ProviderRefusal) throw new PoisonMessage(error.message);
      if (!(error instanceof ProviderUnavailable) || !error.concernsEveryPayment) throw error;
      if (this.#logged !== error.reason) this.#logger.warn(error.message);
      this.#logged = error.reason;
      throw new DependencyDown(PAYMENT_PROVIDER, { cause: error });
    }
  }
}
