import type {
  EmailRequested,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderShipped,
} from '@orderflow/contracts';

/** The facts of an order that its user is told. */
export type NotifiedFact =
  | { readonly type: 'created'; readonly data: OrderCreated }
  | { readonly type: 'paid'; readonly data: OrderPaid }
  | { readonly type: 'shipped'; readonly data: OrderShipped }
  | { readonly type: 'cancelled'; readonly data: OrderCancelled };

export type NotifiedFactType = NotifiedFact['type'];

/** What is remembered of one order: its notification address, and what was sent. */
export type Correspondence =
  | { readonly status: 'none' }
  | { readonly status: 'open'; readonly email: string; readonly told: readonly NotifiedFactType[] };

export const NO_CORRESPONDENCE: Correspondence = { status: 'none' };

/** One e-mail, ready to be requested. */
export interface NotificationEvent {
  readonly type: 'email-requested';
  readonly fact: NotifiedFactType;
  readonly data: EmailRequested;
}

export type NotificationDecision =
  | { readonly kind: 'accepted'; readonly event: NotificationEvent }
  /** The user was told. */
  | { readonly kind: 'ignored'; readonly because: 'repeated' }
  /** What cannot be true of this order: a person has to see it, so a handler makes it poison. */
  | { readonly kind: 'contradicted'; readonly because: string };
