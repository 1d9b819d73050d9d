import type { OrderBoard } from './order-board.ts';
import type { PlannedOrder } from './order-plan.ts';
import type { Answer, PlacedOrder, ShopClient } from './shop-client.ts';

export interface Customer {
  shop: ShopClient;
  board: OrderBoard;
  /** Aborted when the demo waits no longer. */
  signal: AbortSignal;
}

/** A planned order and the id that the shop gave it. */
export interface AcceptedOrder {
  orderId: string;
  planned: PlannedOrder;
  /** What was noticed on the way that must not be. */
  violations: string[];
}

const accepted = 201;
const busy = 409;

/**
 * Places the orders of one user one after the other, in the plan's order, and does what the plan says of each; other
 * users do the same meanwhile.
 */
export async function placeOrders(
  customer: Customer,
  orders: readonly PlannedOrder[],
): Promise<AcceptedOrder[]> {
  const placed: Promise<AcceptedOrder>[] = [];
  for (const planned of orders) {
    const order = await place(customer, planned);
    placed.push(planned.cancelled ? cancelOnceReserved(customer, order) : Promise.resolve(order));
  }
  return await Promise.all(placed);
}

async function place({ shop, board }: Customer, planned: PlannedOrder): Promise<AcceptedOrder> {
  const { request, idempotencyKey, title } = planned;
  const answers = await Promise.all(
    Array.from({ length: planned.twice ? 2 : 1 }, () => shop.place(request, idempotencyKey)),
  );
  // One of two at once may be told that the other is running. Asking again is what the answer says.
  if (planned.twice) answers.push(await shop.place(request, idempotencyKey));
  const ids = new Set(answers.filter(({ status }) => status === accepted).map(({ body }) => body.orderId));
  const [orderId] = ids;
  if (orderId === undefined) throw new Error(`POST /orders answered ${answers.map(describe).join(', ')}`);
  board.title(orderId, request.userId, title);
  const refused = answers.filter(({ status }) => status !== accepted && !(planned.twice && status === busy));
  const violations = [
    ...(ids.size > 1 ? [`one Idempotency-Key gave ${ids.size} orders`] : []),
    ...refused.map((answer) => `POST /orders answered ${describe(answer)}`),
  ];
  return { orderId, planned, violations };
}

/** 409 when the payment was faster: that is the race. */
async function cancelOnceReserved(customer: Customer, order: AcceptedOrder): Promise<AcceptedOrder> {
  const wrong = (what: string): AcceptedOrder => ({ ...order, violations: [...order.violations, what] });
  const reserved = { stream: 'ORDERS', event: 'reserved', orderId: order.orderId };
  if (!(await customer.board.until(reserved, customer.signal))) {
    return wrong(`order ${order.orderId} was never reserved, so it could not be cancelled while it is paid`);
  }
  const answer = await customer.shop.cancel(order.orderId);
  return answer.status === 200 || answer.status === busy
    ? order
    : wrong(`cancel answered ${describe(answer)}`);
}

function describe({ status, body }: Answer<PlacedOrder>): string {
  return body.detail === undefined ? String(status) : `${status} (${body.detail})`;
}
