import { distinctMessages, type Check, type Finding, groupBy, judgeEach } from './finding.ts';
import type { InboxView, SystemView } from './system-view.ts';

/** The ledger is the inbox: each row was written together with the effect of its message. */
function handledInStreamOrder({ inbox, messages }: SystemView): Finding {
  const keys = new Map(messages.map(({ stream, sequence, key }) => [`${stream} ${sequence}`, key]));
  const ordered = inbox.filter(({ consumer, state }) => consumer === 'ordered' && state === 'handled');
  const lanes = groupBy(
    ordered,
    ({ service, stream, sequence }) => `${service} ${stream} ${keys.get(`${stream} ${sequence}`) ?? '?'}`,
  );
  const violations = [...lanes].flatMap(([lane, entries]) => overtakings(lane, entries));
  return { lookedAt: ordered.length, violations };
}

function overtakings(lane: string, entries: readonly InboxView[]): string[] {
  const byTime = [...entries].sort((a, b) => a.handledAt - b.handledAt || a.sequence - b.sequence);
  return byTime.flatMap(({ sequence }, at) => {
    const before = byTime[at - 1]?.sequence ?? 0;
    return sequence < before ? [`${lane}: ${sequence} was handled after ${before}`] : [];
  });
}

function timelineFollowsStream(view: SystemView): Finding {
  const { timeline, orders, scope } = view;
  const told = groupBy(timeline, ({ orderId }) => orderId);
  const facts = distinctMessages(view).filter(
    ({ stream, event, messageId }) =>
      stream === 'ORDERS' && !event.endsWith('-due') && !scope.poison.includes(messageId),
  );
  const published = groupBy(facts, ({ orderId }) => orderId);
  return judgeEach(orders, ({ orderId }) => {
    const here = (told.get(orderId) ?? []).map(({ fact }) => fact).join(' -> ');
    const there = (published.get(orderId) ?? []).map(({ event }) => event).join(' -> ');
    return here === there ? undefined : `order ${orderId}: the timeline says ${here}, the stream ${there}`;
  });
}

const lives: readonly string[] = [
  'created reserved paid shipped',
  'created cancelled',
  'created reserved cancelled',
];

function livesAreWhole({ orders, timeline }: SystemView): Finding {
  const told = groupBy(timeline, ({ orderId }) => orderId);
  return judgeEach(orders, ({ orderId, status }) => {
    const facts = (told.get(orderId) ?? []).map(({ fact }) => fact);
    const life = facts.join(' ');
    if (lives.includes(life) && facts.at(-1) === status) return undefined;
    return `order ${orderId} is ${status} after: ${life}`;
  });
}

/** Each user's facts come in order, and each order lives one of the lives that DESIGN.md section 8 draws. */
export const orderChecks: readonly Check[] = [
  { promise: "each user's facts were handled in stream order", find: handledInStreamOrder },
  { promise: "each order's timeline is its stream order", find: timelineFollowsStream },
  { promise: 'each order ended in one final state, by a permitted path', find: livesAreWhole },
];
