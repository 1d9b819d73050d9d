import { distinctMessages, type Check, type Finding, groupBy, judgeEach } from './finding.ts';
import type {
  ChargeView,
  OrderView,
  Quantity,
  ReservationView,
  StockView,
  SystemView,
} from './system-view.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const quantityOf = (lines: readonly Quantity[], sku: string): number =>
  sum(lines.filter((line) => line.sku === sku).map(({ quantity }) => quantity));

function stockIsConserved({ stock, receipts, reservations }: SystemView): Finding {
  const linesOf = (status: string): Quantity[] =>
    reservations.filter((reservation) => reservation.status === status).flatMap(({ lines }) => lines);
  const [reserved, shipped] = [linesOf('reserved'), linesOf('shipped')];
  return judgeEach(stock, (row) => [
    ...unequal(row, 'on hand, reserved and shipped', row.onHand + row.reserved + row.shipped, row.received),
    ...unequal(row, 'the receipts', quantityOf(receipts, row.sku), row.received),
    ...unequal(row, 'the open reservations', quantityOf(reserved, row.sku), row.reserved),
    ...unequal(row, 'the shipped reservations', quantityOf(shipped, row.sku), row.shipped),
  ]);
}

function unequal({ sku }: StockView, what: string, found: number, wanted: number): string[] {
  return found === wanted ? [] : [`${sku}: ${what} are ${found}, and must be ${wanted}`];
}

const isPaidFor = ({ status }: OrderView): boolean => status === 'paid' || status === 'shipped';

function reservationsFollowOrders({ orders, reservations }: SystemView): Finding {
  const byOrder = new Map(reservations.map((reservation) => [reservation.orderId, reservation]));
  return judgeEach(orders, (order) => {
    const reservation = byOrder.get(order.orderId);
    if (order.status === 'shipped') return shippedAsOrdered(order, reservation);
    const holds = reservation?.status === 'reserved' || reservation?.status === 'shipped';
    return order.status === 'cancelled' && holds
      ? `order ${order.orderId} is cancelled and its stock is ${reservation.status}`
      : undefined;
  });
}

function shippedAsOrdered(order: OrderView, reservation: ReservationView | undefined): string | undefined {
  if (reservation?.status !== 'shipped') return `order ${order.orderId} is shipped and its stock is not`;
  const skus = [...order.lines, ...reservation.lines].map(({ sku }) => sku);
  const differs = skus.some((sku) => quantityOf(order.lines, sku) !== quantityOf(reservation.lines, sku));
  return differs ? `order ${order.orderId}: something else was shipped than ordered` : undefined;
}

function moneyIsConserved(view: SystemView): Finding {
  const facts = distinctMessages(view).filter(({ stream }) => stream === 'PAYMENTS');
  const totalOf = (event: string): number =>
    sum(facts.filter((fact) => fact.event === event).map(({ amount }) => amount));
  const owed = sum(view.orders.filter(isPaidFor).map(({ total }) => total));
  const kept = totalOf('captured') - totalOf('refunded');
  const held = sum(view.charges.filter(({ status }) => status === 'captured').map(({ amount }) => amount));
  const violations = [
    ...(kept === owed ? [] : [`captured - refunded is ${kept}, paid and shipped orders come to ${owed}`]),
    ...(held === owed ? [] : [`the provider holds ${held}, paid and shipped orders come to ${owed}`]),
  ];
  return { lookedAt: facts.length, violations };
}

function chargesFollowOrders({ orders, charges, payments }: SystemView): Finding {
  const charged = groupBy(charges, ({ orderId }) => orderId);
  const statuses = new Map(payments.map(({ orderId, status }) => [orderId, status]));
  return judgeEach(orders, (order) => {
    const made = charged.get(order.orderId) ?? [];
    return [...chargeOf(order, made), ...bookOf(order, made, statuses.get(order.orderId))];
  });
}

/** The provider's side. */
function chargeOf(order: OrderView, made: readonly ChargeView[]): string[] {
  const held = made.filter(({ status }) => status === 'captured');
  if (!isPaidFor(order))
    return held.length === 0 ? [] : [`order ${order.orderId} is ${order.status} and charged`];
  const exact = held.length === 1 && held[0]?.amount === order.total;
  return exact
    ? []
    : [`order ${order.orderId} is ${order.status} and not charged its total of ${order.total}`];
}

/** Our side must say the same. */
function bookOf(order: OrderView, made: readonly ChargeView[], status: string | undefined): string[] {
  const says = status === 'captured' || status === 'refunded' ? status : 'nothing';
  const is = made[0]?.status ?? 'nothing';
  return says === is
    ? []
    : [`order ${order.orderId}: the provider has ${is}, the payment is ${status ?? 'unknown'}`];
}

/** Stock and money neither come from nowhere nor go there. */
export const conservationChecks: readonly Check[] = [
  { promise: 'stock on hand + reserved + shipped = stock received', find: stockIsConserved },
  { promise: 'what is shipped was ordered, what is cancelled was released', find: reservationsFollowOrders },
  { promise: 'captured - refunded = total of paid and shipped orders', find: moneyIsConserved },
  { promise: 'each order was charged its total or given it back', find: chargesFollowOrders },
];
