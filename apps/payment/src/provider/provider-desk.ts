import { Injectable } from '@nestjs/common';
import { PoisonMessage } from '@orderflow/messaging';
import type { ProviderCall } from '../domain/payment-decision.ts';
import type { PaymentCommand } from '../domain/payment.ts';
import { PaymentProviderClient } from './payment-provider.client.ts';
import { ProviderRefusal } from './provider-error.ts';

type ChargeCall = Extract<ProviderCall, { kind: 'charge' }>;
type RefundCall = Extract<ProviderCall, { kind: 'refund' }>;

/**
 * Makes the calls that `decide` asks for and brings the answers back as its commands. A call that the provider will
 * never accept is a fault of ours: a dead letter, because no number of attempts mends it.
 */
@Injectable()
export class ProviderDesk {
  readonly #provider: PaymentProviderClient;

  constructor(provider: PaymentProviderClient) {
    this.#provider = provider;
  }

  async charge({ idempotencyKey, request }: ChargeCall, signal: AbortSignal): Promise<PaymentCommand> {
    const body = { ...request.amount, token: request.paymentToken };
    const answer = await this.#provider.charge(idempotencyKey, body, signal).catch(refusalIsPoison);
    return answer.status === 'captured'
      ? { type: 'charge-captured', charge: { ...request, paymentId: answer.chargeId } }
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
    const answer = await this.#provider.cancelCharge(idempotencyKey, signal).catch(refusalIsPoison);
    return answer.status === 'captured'
      ? { type: 'charge-captured', charge: { ...request, paymentId: answer.chargeId } }
      : { type: 'charge-declined', request, code };
  }

  async refund({ idempotencyKey, charge }: RefundCall, signal: AbortSignal): Promise<PaymentCommand> {
    await this.#provider.refund(idempotencyKey, charge.paymentId, signal).catch(refusalIsPoison);
    return { type: 'refund-confirmed', charge };
  }
}

function refusalIsPoison(error: unknown): never {
  throw error instanceof ProviderRefusal ? new PoisonMessage(error.message) : error;
}
