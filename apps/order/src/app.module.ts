import { type DynamicModule, Module } from '@nestjs/common';
import { allContracts, ORDERS } from '@orderflow/contracts';
import { ServiceModule } from '@orderflow/service';
import type { OrderConfig } from './config.ts';
import { InventoryRejectedHandler } from './handlers/inventory-rejected.handler.ts';
import { InventoryReservedHandler } from './handlers/inventory-reserved.handler.ts';
import { InventoryShippedHandler } from './handlers/inventory-shipped.handler.ts';
import { OrderPaymentDueHandler } from './handlers/order-payment-due.handler.ts';
import { OrderStockDueHandler } from './handlers/order-stock-due.handler.ts';
import { OrderProgress } from './handlers/order-progress.ts';
import { PaymentCapturedHandler } from './handlers/payment-captured.handler.ts';
import { PaymentDeclinedHandler } from './handlers/payment-declined.handler.ts';
import { OrderCancellation } from './http/order-cancellation.ts';
import { OrderPlacement } from './http/order-placement.ts';
import { OrderViewsController } from './http/order-views.controller.ts';
import { OrdersController } from './http/orders.controller.ts';
import { OrderFactStore } from './store/order-fact.store.ts';
import { OrderJournal } from './store/order-journal.ts';
import { OrderStore } from './store/order.store.ts';
import { ProductStore } from './store/product.store.ts';

const migrations = new URL('../migrations/', import.meta.url);

@Module({})
export class AppModule {
  static forRoot(config: OrderConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.forRoot({
          name: 'order',
          config,
          migrations,
          streams: [ORDERS],
          contracts: allContracts,
        }),
      ],
      controllers: [
        OrdersController,
        OrderViewsController,
        InventoryReservedHandler, // inventory.reserved -> order.reserved, and order.payment-due later
        InventoryRejectedHandler, // inventory.rejected -> order.cancelled
        PaymentCapturedHandler, //   payment.captured   -> order.paid
        PaymentDeclinedHandler, //   payment.declined   -> order.cancelled
        OrderPaymentDueHandler, //   order.payment-due  -> order.cancelled, if it is not paid
        OrderStockDueHandler, //     order.stock-due    -> order.cancelled, if inventory has not answered
        InventoryShippedHandler, //  inventory.shipped  -> order.shipped
      ],
      providers: [
        OrderPlacement,
        OrderCancellation,
        OrderProgress,
        OrderJournal,
        OrderStore,
        OrderFactStore,
        ProductStore,
      ],
    };
  }
}
