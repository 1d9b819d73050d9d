import {
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderPaymentDue,
  OrderReserved,
  OrderShipped,
  OrderStockDue,
} from '@orderflow/contracts';
import type { ContractClass } from '@orderflow/messaging';
import type { OrderEvent } from '../domain/order.ts';

const CONTRACTS: Readonly<Record<OrderEvent['type'], ContractClass>> = {
  created: OrderCreated,
  'stock-due': OrderStockDue,
  reserved: OrderReserved,
  'payment-due': OrderPaymentDue,
  paid: OrderPaid,
  shipped: OrderShipped,
  cancelled: OrderCancelled,
};

/** The event as an instance of its contract. The outbox checks it when it is added. */
export function publishedEvent(event: OrderEvent): object {
  return Object.assign(new CONTRACTS[event.type](), event.data);
}
