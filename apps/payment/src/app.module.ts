import { type DynamicModule, Module } from '@nestjs/common';
import { allContracts, PAYMENTS } from '@orderflow/contracts';
import { ServiceModule } from '@orderflow/service';
import type { PaymentConfig } from './config.ts';
import { ChargeOrderHandler } from './handlers/charge-order.handler.ts';
import { NoteCancellationHandler } from './handlers/note-cancellation.handler.ts';
import { RefundOrderHandler } from './handlers/refund-order.handler.ts';
import { SettlePayment } from './handlers/settle-payment.ts';
import { PaymentsController } from './http/payments.controller.ts';
import { PaymentProviderClient } from './provider/payment-provider.client.ts';
import { ProviderDesk } from './provider/provider-desk.ts';
import { CancelledOrderStore } from './store/cancelled-order.store.ts';
import { PaymentStore } from './store/payment.store.ts';

@Module({})
export class AppModule {
  static forRoot(config: PaymentConfig): DynamicModule {
    const migrations = new URL('../migrations/', import.meta.url);
    return {
      module: AppModule,
      imports: [
        ServiceModule.forRoot({
          name: 'payment',
          config,
          migrations,
          streams: [PAYMENTS],
          contracts: allContracts,
        }),
      ],
      controllers: [
        PaymentsController, // GET /payments
        ChargeOrderHandler, // order.reserved -> payment.captured | payment.declined
        RefundOrderHandler, // order.cancelled -> payment.refunded | nothing
        NoteCancellationHandler, // order.cancelled, shared -> noted, so that the order is not charged any more
      ],
      providers: [SettlePayment, ProviderDesk, PaymentProviderClient, PaymentStore, CancelledOrderStore],
    };
  }
}
