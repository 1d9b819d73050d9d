import { Controller } from '@nestjs/common';
import { OrderReserved } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { PaymentConfig } from '../config.ts';
import type { ProviderCall } from '../domain/payment-decision.ts';
import type { PaymentCommand } from '../domain/payment.ts';
import { ProviderUnavailable } from '../provider/provider-error.ts';
import { ProviderDesk } from '../provider/provider-desk.ts';
import type { KnownPayment } from '../store/payment.store.ts';
import { EXTERNAL } from './patience.ts';
import { SettlePayment } from './settle-payment.ts';

/**
 * order.reserved -> payment.captured or payment.declined.
 *
 * While the provider does not answer, the message is tried again in its lane, and everything later of the same user
 * waits behind it. So patience ends by itself: PAYMENT_GIVE_UP_MS after the fact, or as soon as the order is known to be
 * cancelled, the charge is withdrawn at the provider, which either promises never to make it (declined) or says that it
 * was made (captured). Neither is guessed: without that answer the message goes on being tried. A redriven message is
 * judged in the same way, so that an order which is over is not charged.
 */
@Controller()
export class ChargeOrderHandler {
  readonly #settle: SettlePayment;
  readonly #desk: ProviderDesk;
  readonly #config: PaymentConfig;

  constructor(settle: SettlePayment, desk: ProviderDesk, config: PaymentConfig) {
    this.#settle = settle;
    this.#desk = desk;
    this.#config = config;
  }

  @Subscribe(OrderReserved, EXTERNAL)
  async handle(@Payload() order: OrderReserved, @Ctx() delivery: Delivery): Promise<void> {
    const { userId, orderId, total, paymentToken } = order;
    const request = { userId, orderId, amount: total, paymentToken };
    await this.#settle.run(delivery, orderId, { type: 'charge', request }, async (call, known) =>
      call.kind === 'refund'
        ? await this.#desk.refund(call, delivery.signal)
        : await this.#charge(call, delivery, known),
    );
  }

  async #charge(
    call: Extract<ProviderCall, { kind: 'charge' }>,
    { signal, time }: Delivery,
    { ageMs, isCancelled }: KnownPayment,
  ): Promise<PaymentCommand> {
    if (isCancelled) {
      return await this.#desk.withdraw(call, 'order_cancelled', signal);
    }
    const patienceMs = this.#patienceMs(time, ageMs);
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

  /**
   * An order that only waited behind another one of its user still gets one try, because its provider may be well. One
   * that was tried before gets none beyond its time, also when a redrive counts its attempts from 1 again.
   *
   * @param ageMs of the payment, by the database's clock; undefined when it is new
   */
  #patienceMs(time: Date, ageMs: number | undefined): number {
    const { paymentGiveUpMs, providerTimeoutMs } = this.#config;
    const leftMs = time.getTime() + paymentGiveUpMs - Date.now();
    return ageMs === undefined
      ? Math.max(leftMs, providerTimeoutMs)
      : Math.min(leftMs, paymentGiveUpMs - ageMs);
  }
}
