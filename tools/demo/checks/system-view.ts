import type { ServiceName } from '../../stack/stack-layout.ts';

/** Where a running system is read. Nothing here says how it was started: a stack, containers or a cluster. */
export interface SystemAddresses {
  /** Database URL of each service. */
  databases: Record<ServiceName, string>;
  nats: readonly string[];
  /** HTTP view of the SMTP sink. */
  mail: string;
  paymentProvider: string;
}

/** What is looked at. Users that others placed orders for are none of the checks' business. */
export interface Scope {
  users: readonly string[];
  /** Orders that were answered with 201. */
  accepted: readonly string[];
  /** Ids of messages that nobody can handle, so that they have to end as dead letters. */
  poison: readonly string[];
}

export interface Quantity {
  sku: string;
  quantity: number;
}

export interface OrderView {
  orderId: string;
  userId: string;
  status: string;
  reason: string | null;
  total: number;
  lines: readonly Quantity[];
}

export interface ReservationView {
  orderId: string;
  status: string;
  lines: readonly Quantity[];
}

export interface StockView {
  sku: string;
  onHand: number;
  reserved: number;
  shipped: number;
  received: number;
}

export interface PaymentView {
  orderId: string;
  status: string;
  amount: number | null;
}

export interface NotificationView {
  notificationId: string;
  orderId: string;
  fact: string;
  state: string;
  smtpMessageId: string | null;
}

/** An entry of an order's timeline. */
export interface TimelineView {
  orderId: string;
  fact: string;
}

/** A message as its stream keeps it. */
export interface StreamView {
  stream: string;
  sequence: number;
  key: string;
  event: string;
  messageId: string;
  /** Empty when the body does not say. */
  orderId: string;
  /** Of the facts that move money; 0 for others. */
  amount: number;
}

export interface InboxView {
  service: ServiceName;
  consumer: string;
  messageId: string;
  state: string;
  stream: string;
  sequence: number;
  /** When it was handled, in microseconds of the database's clock. */
  handledAt: number;
}

export interface ParkedView {
  service: ServiceName;
  consumer: string;
  messageId: string;
  key: string;
  state: string;
  reason: string | null;
}

/** A copy in DEAD_LETTERS. */
export interface DeadLetterView {
  consumer: string;
  messageId: string;
  reason: string;
}

export interface OutboxView {
  service: ServiceName;
  messageId: string;
  stream: string;
  event: string;
  publishedSequence: number | null;
  /** Still waits for its time. */
  delayed: boolean;
}

export interface ChargeView {
  orderId: string;
  chargeId: string;
  status: string;
  amount: number;
}

/** Everything that the checks judge, read at one quiet moment. Lists are in the order in which things happened. */
export interface SystemView {
  scope: Scope;
  orders: readonly OrderView[];
  timeline: readonly TimelineView[];
  /** Stock, receipts and reservations are those of all users: stock has no owner. */
  stock: readonly StockView[];
  receipts: readonly Quantity[];
  reservations: readonly ReservationView[];
  payments: readonly PaymentView[];
  notifications: readonly NotificationView[];
  messages: readonly StreamView[];
  inbox: readonly InboxView[];
  parked: readonly ParkedView[];
  deadLetters: readonly DeadLetterView[];
  outbox: readonly OutboxView[];
  charges: readonly ChargeView[];
  /** `Message-ID` of each mail to the users. */
  mails: readonly string[];
}
