export { allContracts } from './all-contracts.ts';
export {
  IsEmailAddress,
  IsNested,
  IsNestedList,
  IsPaymentToken,
  IsReference,
  IsSku,
  IsUserId,
  LINE_QUANTITY,
  ORDER_LINES,
  ORDER_QUANTITY_MAX,
  SKU_PATTERN,
  USER_ID_PATTERN,
} from './field-rules.ts';
export { InventoryRejected } from './inventory/inventory-rejected.ts';
export { InventoryReleased } from './inventory/inventory-released.ts';
export { InventoryReserved } from './inventory/inventory-reserved.ts';
export { InventoryShipped } from './inventory/inventory-shipped.ts';
export { Money } from './money.ts';
export { EmailRequested } from './notification/email-requested.ts';
export { EmailSent } from './notification/email-sent.ts';
export { OrderFact } from './order-fact.ts';
export { OrderLine } from './order-line.ts';
export { CANCEL_REASONS, OrderCancelled, type CancelReason } from './order/order-cancelled.ts';
export { OrderCreated } from './order/order-created.ts';
export { OrderPaid } from './order/order-paid.ts';
export { OrderPaymentDue } from './order/order-payment-due.ts';
export { OrderReserved } from './order/order-reserved.ts';
export { OrderShipped } from './order/order-shipped.ts';
export { OrderStockDue } from './order/order-stock-due.ts';
export { PaymentCaptured } from './payment/payment-captured.ts';
export { PaymentDeclined } from './payment/payment-declined.ts';
export { PaymentRefunded } from './payment/payment-refunded.ts';
export { Shortage } from './shortage.ts';
export { StockLine } from './stock-line.ts';
export { INVENTORY, NOTIFICATIONS, ORDERS, PAYMENTS } from './streams.ts';
