import type {
  CancelReason,
  Money,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderPaymentDue,
  OrderReserved,
  OrderShipped,
  OrderStockDue,
} from '@orderflow/contracts';

/** What was ordered, by whom: fixed when the order is placed. */
export type OrderDetails = OrderCreated;

/** An order at one moment; `none` before it is placed. `shipped` and `cancelled` are final. */
export type OrderState =
  | { readonly status: 'none' }
  | { readonly status: 'created'; readonly details: OrderDetails }
  | { readonly status: 'reserved'; readonly details: OrderDetails }
  | { readonly status: 'paid'; readonly details: OrderDetails; readonly paymentId: string }
  | {
      readonly status: 'shipped';
      readonly details: OrderDetails;
      readonly paymentId: string;
      readonly trackingNumber: string;
    }
  | { readonly status: 'cancelled'; readonly details: OrderDetails; readonly reason: CancelReason };

export type OrderStatus = OrderState['status'];

export const NO_ORDER: OrderState = { status: 'none' };

/** What can reach an order: the user's wishes, and facts of other services about it. */
export type OrderCommand =
  | { readonly type: 'place'; readonly details: OrderDetails }
  | { readonly type: 'stock-reserved' }
  | { readonly type: 'stock-rejected' }
  | { readonly type: 'stock-due' }
  | { readonly type: 'payment-captured'; readonly paymentId: string; readonly amount: Money }
  | { readonly type: 'payment-declined' }
  | { readonly type: 'payment-due' }
  | { readonly type: 'stock-shipped'; readonly trackingNumber: string }
  | { readonly type: 'cancel-requested' };

/** `type` is the contract's event; `data` its body, ready to be published. */
export type OrderEvent =
  | { readonly type: 'created'; readonly data: OrderCreated }
  /** To be published when the time for inventory's answer is over, not now. */
  | { readonly type: 'stock-due'; readonly data: OrderStockDue }
  | { readonly type: 'reserved'; readonly data: OrderReserved }
  /** To be published when the time to pay is over, not now. */
  | { readonly type: 'payment-due'; readonly data: OrderPaymentDue }
  | { readonly type: 'paid'; readonly data: OrderPaid }
  | { readonly type: 'shipped'; readonly data: OrderShipped }
  | { readonly type: 'cancelled'; readonly data: OrderCancelled };
