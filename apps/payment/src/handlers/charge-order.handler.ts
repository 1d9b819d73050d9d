import { Controller } from '@nestjs/common';
import { OrderReserved } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { PaymentConfig } from '../config.ts';
import type { ProviderCall } from '../domain/payment-decision.ts';
import type { PaymentCommand } from '../domain/payment.ts';
import { ProviderUnavailable } from '../provider/provider-error.ts';
import { ProviderDesk } from '../provider/provider-desk.ts';
import { PATIENT } from './patience.ts';
import { SettlePayment } from './settle-payment.ts';

/**
 * order.reserved -> payment.captured or payment.declined.
 *
 * While the provider does not answer, the message is tried again in its lane, and everything later of the same user
 * waits behind it, the cancellation of this very order included. So patience ends by itself: PAYMENT_GIVE_UP_MS after
 * the fact, the charge is withdrawn at the provider, which either promises never to make it (declined,
 * `provider_timeout`) or says that it was made (captured). Neither is guessed: without that answer the message goes on
 * being tried.
 */
@Controller()
export class ChargeOrderHandler {
  readonly #settle: SettlePayment;
  readonly #desk: ProviderDesk;
  readonly #giveUpMs: number;
  readonly #oneTryMs: number;

  constructor(settle: SettlePayment, desk: ProviderDesk, config: PaymentConfig) {
    this.#settle = settle;
    this.#desk = desk;
    this.#giveUpMs = config.paymentGiveUpMs;
    this.#oneTryMs = config.providerTimeoutMs;
  }

  @Subscribe(OrderReserved, { kind: 'external', ...PATIENT })
  async handle(@Payload() order: OrderReserved, @Ctx() delivery: Delivery): Promise<void> {
    const { userId, orderId, total, paymentToken } = order;
    const request = { userId, orderId, amount: total, paymentToken };
    await this.#settle.run(delivery, orderId, { type: 'charge', request }, (call) =>
      this.#ask(call, delivery),
    );
  }

  async #ask(call: ProviderCall, delivery: Delivery): Promise<PaymentCommand> {
    const { signal } = delivery;
    if (call.kind === 'refund') return await this.#desk.refund(call, signal);
    const patienceMs = this.#patienceMs(delivery);
    if (patienceMs > 0) {
      const end = AbortSignal.timeout(patienceMs);
      try {
        return await this.#desk.charge(call, AbortSignal.any([signal, end]));
      } catch (error) {
        if (!(error instanceof ProviderUnavailable) || !end.aborted || signal.aborted) throw error;
      }
    }
    return await this.#desk.withdraw(call, 'provider_timeout', signal);
  }

  /** An order that only waited behind another one of its user still gets one try: its provider may be well. */
  #patienceMs({ time, attempt }: Delivery): number {
    const leftMs = time.getTime() + this.#giveUpMs - Date.now();
    return attempt === 1 ? Math.max(leftMs, this.#oneTryMs) : leftMs;
  }
}
