import type { ContractClass } from '@orderflow/messaging';
import { InventoryRejected } from './inventory/inventory-rejected.ts';
import { InventoryReleased } from './inventory/inventory-released.ts';
import { InventoryReserved } from './inventory/inventory-reserved.ts';
import { InventoryShipped } from './inventory/inventory-shipped.ts';
import { EmailRequested } from './notification/email-requested.ts';
import { EmailSent } from './notification/email-sent.ts';
import { OrderCancelled } from './order/order-cancelled.ts';
import { OrderCreated } from './order/order-created.ts';
import { OrderPaid } from './order/order-paid.ts';
import { OrderPaymentDue } from './order/order-payment-due.ts';
import { OrderReserved } from './order/order-reserved.ts';
import { OrderShipped } from './order/order-shipped.ts';
import { OrderStockDue } from './order/order-stock-due.ts';
import { PaymentCaptured } from './payment/payment-captured.ts';
import { PaymentDeclined } from './payment/payment-declined.ts';
import { PaymentRefunded } from './payment/payment-refunded.ts';

/** Every contract of the system, by owner, in the order of an order's life. */
export const allContracts: readonly ContractClass[] = [
  OrderCreated,
  OrderStockDue,
  OrderReserved,
  OrderPaymentDue,
  OrderPaid,
  OrderShipped,
  OrderCancelled,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  InventoryReserved,
  InventoryRejected,
  InventoryReleased,
  InventoryShipped,
  EmailRequested,
  EmailSent,
];
