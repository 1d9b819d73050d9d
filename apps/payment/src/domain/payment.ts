import type { Money, PaymentCaptured, PaymentDeclined, PaymentRefunded } from '@orderflow/contracts';

export interface Identity {
  readonly userId: string;
  readonly orderId: string;
}

/** What is to be charged for an order. */
export interface ChargeRequest extends Identity {
  readonly amount: Money;
  readonly paymentToken: string;
}

/** A charge that the provider made; `paymentId` is the provider's charge id as it came. Facts carry `paymentReference` of it. */
export interface Charge extends ChargeRequest {
  readonly paymentId: string;
}

/**
 * The payment of one order at one moment.
 *
 * - `charging`: the provider was asked, or is about to be; whether money was taken is not known
 * - `cancelling`: the order was cancelled while that was not known
 * - `refunding`: money was taken and has to go back
 * - `cancelled`: the order was cancelled before anything was charged, and nothing may be charged any more
 *
 * `declined`, `refunded` and `cancelled` are final; so is `captured`, unless the order is cancelled.
 */
export type PaymentState =
  | { readonly status: 'none' }
  | { readonly status: 'charging' | 'cancelling'; readonly request: ChargeRequest }
  | { readonly status: 'captured' | 'refunding' | 'refunded'; readonly charge: Charge }
  | { readonly status: 'declined'; readonly request: ChargeRequest; readonly code: string }
  | { readonly status: 'cancelled'; readonly order: Identity };

export type PaymentStatus = PaymentState['status'];

export const NO_PAYMENT: PaymentState = { status: 'none' };

/** What can reach a payment: facts of the order, and the provider's answers to the calls that `decide` asked for. */
export type PaymentCommand =
  /** On order.reserved. */
  | { readonly type: 'charge'; readonly request: ChargeRequest }
  /** On order.cancelled. */
  | { readonly type: 'cancel'; readonly order: Identity }
  | { readonly type: 'charge-captured'; readonly charge: Charge }
  /** No money was taken and none ever will be. `code` in any form; see `declineCode`. */
  | { readonly type: 'charge-declined'; readonly request: ChargeRequest; readonly code: string }
  | { readonly type: 'refund-confirmed'; readonly charge: Charge };

/** A step of the payment. `captured`, `declined` and `refunded` are facts to publish, the others are kept to oneself. */
export type PaymentEvent =
  | { readonly type: 'charge-started'; readonly data: ChargeRequest }
  | { readonly type: 'cancel-started'; readonly data: ChargeRequest }
  | { readonly type: 'captured'; readonly data: PaymentCaptured; readonly charge: Charge }
  | { readonly type: 'declined'; readonly data: PaymentDeclined; readonly request: ChargeRequest }
  | { readonly type: 'refund-started'; readonly data: Charge }
  | { readonly type: 'refunded'; readonly data: PaymentRefunded; readonly charge: Charge }
  | { readonly type: 'closed'; readonly data: Identity };

export type PaymentFact = Extract<PaymentEvent, { type: 'captured' | 'declined' | 'refunded' }>;

/** Which of the events are facts, in their order. */
export function factsOf(events: readonly PaymentEvent[]): PaymentFact[] {
  return events.filter(
    (event) => event.type === 'captured' || event.type === 'declined' || event.type === 'refunded',
  );
}
