import * as inventory from '@orderflow/inventory';
import * as notification from '@orderflow/notification';
import * as order from '@orderflow/order';
import type { PaymentFact } from '@orderflow/payment';

type InventoryFact = Exclude<inventory.ReservationEvent, { type: 'closed' }>;

/** A published fact, as its readers see it. */
export type Fact =
  | { readonly stream: 'ORDERS'; readonly event: order.OrderEvent }
  | { readonly stream: 'INVENTORY'; readonly event: InventoryFact }
  | { readonly stream: 'PAYMENTS'; readonly event: PaymentFact };

export type StreamName = Fact['stream'];

/** What a handler did: to be made true by `commit`, or forgotten, as by a crash. */
export interface Effect {
  readonly facts: readonly Fact[];
  readonly commit: () => void;
}

export interface ModelService {
  readonly name: string;
  readonly reads: readonly StreamName[];
  /** Undefined when the attempt ended without an answer of the world, and is to be made again. */
  handle(fact: Fact): Effect | undefined;
}

export const NOTHING: Effect = { facts: [], commit: () => undefined };

/** A fact that cannot be true would be a dead letter, and the order would hang. */
export class Contradiction extends Error {}

export class OrderModel implements ModelService {
  readonly name = 'order';
  readonly reads = ['ORDERS', 'INVENTORY', 'PAYMENTS'] as const;
  readonly orders = new Map<string, order.OrderState>();

  handle(fact: Fact): Effect {
    const command = orderCommand(fact);
    return command === undefined ? NOTHING : this.apply(fact.event.data.orderId, command);
  }

  apply(orderId: string, command: order.OrderCommand): Effect {
    const state = this.orders.get(orderId) ?? order.NO_ORDER;
    const decision = order.decide(state, command);
    if (decision.kind === 'contradicted') throw new Contradiction(decision.because);
    if (decision.kind !== 'accepted') return NOTHING;
    const next = decision.events.reduce(order.evolve, state);
    return {
      facts: decision.events.map((event) => ({ stream: 'ORDERS', event })),
      commit: () => this.orders.set(orderId, next),
    };
  }
}

function orderCommand({ stream, event }: Fact): order.OrderCommand | undefined {
  if (stream === 'ORDERS') {
    return event.type === 'stock-due' || event.type === 'payment-due' ? { type: event.type } : undefined;
  }
  switch (event.type) {
    case 'reserved':
      return { type: 'stock-reserved' };
    case 'rejected':
      return { type: 'stock-rejected' };
    case 'shipped':
      return { type: 'stock-shipped', trackingNumber: event.data.trackingNumber };
    case 'captured':
      return { type: 'payment-captured', paymentId: event.data.paymentId, amount: event.data.amount };
    case 'declined':
      return { type: 'payment-declined' };
    case 'released':
    case 'refunded':
      return undefined;
  }
}

export class InventoryModel implements ModelService {
  readonly name = 'inventory';
  readonly reads = ['ORDERS'] as const;
  readonly reservations = new Map<string, inventory.Reservation>();
  levels: inventory.StockLevels;

  constructor(levels: inventory.StockLevels) {
    this.levels = levels;
  }

  handle(fact: Fact): Effect {
    const command = this.#command(fact);
    if (command === undefined) return NOTHING;
    const { orderId } = command.order;
    const state = this.reservations.get(orderId) ?? inventory.NO_RESERVATION;
    const decision = inventory.decide(state, command);
    if (decision.kind === 'contradicted') throw new Contradiction(decision.because);
    if (decision.kind === 'ignored') return NOTHING;
    const { event } = decision;
    return {
      facts: event.type === 'closed' ? [] : [{ stream: 'INVENTORY', event }],
      commit: () => {
        this.levels = inventory.applyChanges(this.levels, inventory.stockChangesOf(event));
        this.reservations.set(orderId, inventory.evolve(state, event));
      },
    };
  }

  #command({ stream, event }: Fact): inventory.ReservationCommand | undefined {
    if (stream !== 'ORDERS') return undefined;
    const { userId, orderId } = event.data;
    if (event.type === 'paid') return { type: 'ship', order: { userId, orderId } };
    if (event.type === 'cancelled') return { type: 'release', order: { userId, orderId } };
    if (event.type !== 'created') return undefined;
    return { type: 'reserve', order: { userId, orderId }, lines: event.data.lines, levels: this.levels };
  }
}

export class NotificationModel implements ModelService {
  readonly name = 'notification';
  readonly reads = ['ORDERS'] as const;
  readonly #correspondence = new Map<string, notification.Correspondence>();
  /** In the order in which they were requested. */
  readonly mails: { userId: string; orderId: string; fact: string }[] = [];

  handle({ stream, event }: Fact): Effect {
    if (stream !== 'ORDERS' || event.type === 'reserved') return NOTHING;
    if (event.type === 'stock-due' || event.type === 'payment-due') return NOTHING;
    const { userId, orderId } = event.data;
    const state = this.#correspondence.get(orderId) ?? notification.NO_CORRESPONDENCE;
    const decision = notification.decide(state, event);
    if (decision.kind === 'contradicted') throw new Contradiction(decision.because);
    if (decision.kind === 'ignored') return NOTHING;
    return {
      facts: [],
      commit: () => {
        this.#correspondence.set(orderId, notification.evolve(state, decision.event));
        this.mails.push({ userId, orderId, fact: event.type });
      },
    };
  }
}
