import { factsByOrder } from './expected-facts.ts';
import { difference, type Check, type Finding, groupBy, judgeEach } from './finding.ts';
import type { SystemView } from './system-view.ts';

function eachFactOnce(view: SystemView): Finding {
  return judgeEach(factsByOrder(view), ({ orderId, decided, published }) => [
    ...repeated(decided.filter((fact) => !isMail(fact))).map(
      (fact) => `order ${orderId}: ${fact} was decided twice`,
    ),
    ...difference(decided, published).surplus.map(
      (fact) => `order ${orderId}: ${fact} was published once too often`,
    ),
  ]);
}

/** E-mails are counted by themselves: an order has several. */
const isMail = (fact: string): boolean => fact.startsWith('NOTIFICATIONS ');

const repeated = (facts: readonly string[]): string[] =>
  facts.filter((fact, at) => facts.indexOf(fact) !== at);

function oneChargeEach({ orders, charges }: SystemView): Finding {
  const byOrder = groupBy(charges, ({ orderId }) => orderId);
  return judgeEach(orders, ({ orderId }) => {
    const made = byOrder.get(orderId)?.length ?? 0;
    return made > 1 ? `order ${orderId} was charged ${made} times` : undefined;
  });
}

const toldFacts: readonly string[] = ['created', 'paid', 'shipped', 'cancelled'];

function oneMailEach({ timeline, notifications, mails }: SystemView): Finding {
  const received = groupBy(mails, (messageId) => messageId);
  const stored = new Map(notifications.map((each) => [`${each.orderId} ${each.fact}`, each]));
  const told = timeline.filter(({ fact }) => toldFacts.includes(fact));
  const finding = judgeEach(told, ({ orderId, fact }) => {
    const messageId = stored.get(`${orderId} ${fact}`)?.smtpMessageId ?? undefined;
    const copies = messageId === undefined ? 0 : (received.get(messageId)?.length ?? 0);
    return copies === 1 ? undefined : `order ${orderId}: ${fact} was told by ${copies} e-mails`;
  });
  const known = new Set(notifications.map(({ smtpMessageId }) => smtpMessageId));
  const stray = mails
    .filter((messageId) => !known.has(messageId))
    .map((id) => `e-mail ${id} tells of no fact`);
  return { lookedAt: finding.lookedAt, violations: [...finding.violations, ...stray] };
}

/** Nothing takes effect twice. */
export const effectChecks: readonly Check[] = [
  { promise: 'each fact took effect once', find: eachFactOnce },
  { promise: 'one charge at most for each order', find: oneChargeEach },
  { promise: 'one e-mail for each fact', find: oneMailEach },
];
