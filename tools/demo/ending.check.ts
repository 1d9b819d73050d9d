import { type Finding, groupBy, judgeEach } from './checks/finding.ts';
import type { OrderView } from './checks/system-view.ts';
import type { AcceptedOrder } from './customer.ts';

/** Each order ended as its case demands; where two raced for one item, one of them got it. */
export function endingsAreAsPlanned(
  accepted: readonly AcceptedOrder[],
  orders: readonly OrderView[],
  racedSku: string,
): Finding {
  const byId = new Map(orders.map((order) => [order.orderId, order]));
  const each = judgeEach(accepted, ({ orderId, planned, violations }) => {
    const ending = endingOf(byId.get(orderId));
    const isPlanned = planned.endings.some((allowed) => allowed === ending);
    const wrong = `${planned.title}: order ${orderId} ended as ${ending}, not ${planned.endings.join(' or ')}`;
    return [...violations, ...(isPlanned ? [] : [wrong])];
  });
  const racers = accepted.filter(({ planned }) => planned.request.lines.some(({ sku }) => sku === racedSku));
  const winners = racers.filter(({ orderId }) => byId.get(orderId)?.status === 'shipped').length;
  const race =
    racers.length === 0 || winners === 1 ? [] : [`${winners} of ${racers.length} got the last ${racedSku}`];
  const doubles = [...groupBy(accepted, ({ orderId }) => orderId).values()].filter((same) => same.length > 1);
  const shared = doubles.map(([first]) => `order ${first?.orderId ?? ''} answers two different requests`);
  return { lookedAt: each.lookedAt, violations: [...each.violations, ...race, ...shared] };
}

function endingOf(order: OrderView | undefined): string {
  if (order === undefined) return 'unknown';
  return order.status === 'cancelled' ? (order.reason ?? 'cancelled') : order.status;
}
