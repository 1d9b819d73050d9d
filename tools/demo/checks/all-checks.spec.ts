import { describe, expect, it } from '@jest/globals';
import { isQuiet, judge } from './all-checks.ts';
import { cancelledId, lawfulView, poisonId, shippedId } from './lawful-view.test-support.ts';
import type { SystemView } from './system-view.ts';

type Broken = [
  what: string,
  promise: string,
  says: string,
  change: (view: SystemView) => Partial<SystemView>,
];

/** All but the first that fits. */
function without<Item>(items: readonly Item[], isIt: (item: Item) => boolean): Item[] {
  const at = items.findIndex(isIt);
  return items.filter((_, index) => index !== at);
}

/** Each that fits, changed. */
function altered<Item>(items: readonly Item[], isIt: (item: Item) => boolean, change: Partial<Item>): Item[] {
  return items.map((item) => (isIt(item) ? { ...item, ...change } : item));
}

const isOrder =
  (id: string) =>
  ({ orderId }: { orderId: string }): boolean =>
    orderId === id;
const isFirst = ({ messageId }: { messageId: string }): boolean => messageId === 'ORDERS-1';
const final = 'every accepted order reached a final state';
const published = 'every decided fact was published';
const stored = 'every acknowledged publication is in its stream';
const received = 'every fact is in the inbox of each subscriber';
const drained = 'no outbox holds an unpublished row';
const once = 'each fact took effect once';
const oneCharge = 'one charge at most for each order';
const oneMail = 'one e-mail for each fact';
const inOrder = "each user's facts were handled in stream order";
const timeline = "each order's timeline is its stream order";
const life = 'each order ended in one final state, by a permitted path';
const stock = 'stock on hand + reserved + shipped = stock received';
const released = 'what is shipped was ordered, what is cancelled was released';
const money = 'captured - refunded = total of paid and shipped orders';
const charged = 'each order was charged its total or given it back';
const poison = 'every message that cannot be handled is a dead letter';
const kept = 'every dead letter is kept with its reason, and copied once';
const nothingElse = 'nothing else is parked';

const reservation = (status: string) => (view: SystemView) => ({
  reservations: altered(view.reservations, isOrder(cancelledId), { status }),
});
const stockRow = (change: Partial<SystemView['stock'][number]>) => (view: SystemView) => ({
  stock: altered(view.stock, () => true, change),
});
const charge = (id: string, change: Partial<SystemView['charges'][number]>) => (view: SystemView) => ({
  charges: altered(view.charges, isOrder(id), change),
});
const extraMessage = (view: SystemView, change: Partial<SystemView['messages'][number]>) => {
  const [first] = view.messages;
  return first === undefined ? [] : [...view.messages, { ...first, ...change }];
};

const broken: Broken[] = [
  [
    'an accepted order vanished',
    final,
    'is not there',
    (v) => ({ orders: without(v.orders, isOrder(shippedId)) }),
  ],
  [
    'an order got stuck',
    final,
    'still paid',
    (v) => ({ orders: altered(v.orders, isOrder(shippedId), { status: 'paid' }) }),
  ],
  [
    'a decided fact stayed at home',
    published,
    'never published',
    (v) => ({ messages: without(v.messages, isFirst) }),
  ],
  [
    'a capture stayed at home',
    published,
    'PAYMENTS captured',
    (v) => ({ messages: without(v.messages, (m) => m.stream === 'PAYMENTS') }),
  ],
  ['the broker forgot', stored, 'not in the stream', (v) => ({ messages: without(v.messages, isFirst) })],
  ['a subscriber missed a fact', received, 'never handled', (v) => ({ inbox: without(v.inbox, isFirst) })],
  [
    'a parked message was dropped',
    received,
    'was not kept',
    (v) => ({ inbox: altered(v.inbox, isFirst, { state: 'parked' }) }),
  ],
  ['a dead letter was dropped', received, 'was not kept', () => ({ parked: [] })],
  [
    'a row was not published',
    drained,
    'never published',
    (v) => ({ outbox: altered(v.outbox, isFirst, { publishedSequence: null }) }),
  ],
  [
    'a reminder was left behind',
    drained,
    'waits for its time',
    (v) => ({ outbox: altered(v.outbox, isFirst, { publishedSequence: null, delayed: true }) }),
  ],
  [
    'a fact was decided twice',
    once,
    'decided twice',
    (v) => ({ timeline: [...v.timeline, ...v.timeline.slice(0, 1)] }),
  ],
  [
    'an effect was repeated',
    once,
    'once too often',
    (v) => ({ messages: extraMessage(v, { messageId: 'other', sequence: 99 }) }),
  ],
  ['an order was charged twice', oneCharge, '2 times', (v) => ({ charges: [...v.charges, ...v.charges] })],
  ['an e-mail was lost', oneMail, 'by 0 e-mails', (v) => ({ mails: v.mails.slice(1) })],
  ['an e-mail came twice', oneMail, 'by 2 e-mails', (v) => ({ mails: [...v.mails, ...v.mails.slice(0, 1)] })],
  ['an e-mail of nothing', oneMail, 'tells of no fact', (v) => ({ mails: [...v.mails, '<stray>'] })],
  [
    'a fact was overtaken',
    inOrder,
    '1 was handled after 5',
    (v) => ({
      inbox: altered(v.inbox, (e) => isFirst(e) && e.service === 'inventory', { handledAt: 5_500 }),
    }),
  ],
  [
    'a timeline was shuffled',
    timeline,
    'the stream created',
    (v) => ({ timeline: [...v.timeline].reverse() }),
  ],
  [
    'an order lived on',
    life,
    'is cancelled after',
    (v) => ({ timeline: [...v.timeline, { orderId: cancelledId, fact: 'paid' }] }),
  ],
  [
    'a state without a fact',
    life,
    'is paid after',
    (v) => ({ orders: altered(v.orders, isOrder(shippedId), { status: 'paid' }) }),
  ],
  ['pieces vanished', stock, 'must be 10', stockRow({ onHand: 7 })],
  ['pieces came from nowhere', stock, 'the receipts are 10', stockRow({ onHand: 9, received: 11 })],
  ['a reservation without stock', stock, 'the open reservations', reservation('reserved')],
  ['too much was taken out', stock, 'the shipped reservations', stockRow({ onHand: 7, shipped: 3 })],
  ['a cancelled order keeps stock', released, 'its stock is reserved', reservation('reserved')],
  [
    'a shipped order is still here',
    released,
    'its stock is not',
    (v) => ({ reservations: altered(v.reservations, isOrder(shippedId), { status: 'reserved' }) }),
  ],
  [
    'something else was shipped',
    released,
    'something else',
    (v) => ({
      reservations: altered(v.reservations, isOrder(shippedId), { lines: [{ sku: 'SPOON', quantity: 2 }] }),
    }),
  ],
  [
    'a refund is missing in the stream',
    money,
    'captured - refunded is 3750',
    (v) => ({ messages: v.messages.filter(({ event }) => event !== 'refunded') }),
  ],
  ['the provider kept money', money, 'the provider holds 3750', charge(cancelledId, { status: 'captured' })],
  [
    'a cancelled order is paid for',
    charged,
    'is cancelled and charged',
    charge(cancelledId, { status: 'captured' }),
  ],
  ['a wrong amount was charged', charged, 'not charged its total', charge(shippedId, { amount: 1 })],
  [
    'our books are wrong',
    charged,
    'the payment is declined',
    (v) => ({ payments: altered(v.payments, isOrder(shippedId), { status: 'declined' }) }),
  ],
  [
    'poison was swallowed',
    poison,
    'is no dead letter at inventory',
    (v) => ({ parked: without(v.parked, () => true) }),
  ],
  [
    'poison was never stored',
    poison,
    'is in no stream',
    (v) => ({ messages: without(v.messages, (m) => m.messageId === poisonId) }),
  ],
  [
    'a dead letter has no reason',
    kept,
    'nobody knows why',
    (v) => ({ parked: altered(v.parked, () => true, { reason: '' }) }),
  ],
  ['a dead letter was not copied', kept, '0 copies', () => ({ deadLetters: [] })],
  [
    'a dead letter was copied twice',
    kept,
    '2 copies',
    (v) => ({ deadLetters: [...v.deadLetters, ...v.deadLetters] }),
  ],
  [
    'a copy has no reason',
    kept,
    'without its reason',
    (v) => ({ deadLetters: altered(v.deadLetters, () => true, { reason: '' }) }),
  ],
  [
    'another message died',
    nothingElse,
    'of ada is dead at inventory',
    (v) => ({
      parked: [
        ...v.parked,
        ...altered(v.parked.slice(0, 1), () => true, { key: 'ada', messageId: 'ORDERS-1' }),
      ],
    }),
  ],
];

function violationsOf(view: SystemView, promise: string): string {
  const verdict = judge(view).find((each) => each.promise === promise);
  if (verdict === undefined) throw new Error(`there is no check "${promise}"`);
  return verdict.violations.join('\n');
}

describe('the checks', () => {
  it('find nothing in a system that keeps its promises, and each has something to look at', () => {
    const verdicts = judge(lawfulView());
    expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
    expect(verdicts.filter(({ lookedAt }) => lookedAt === 0)).toEqual([]);
  });

  it.each(broken)('notice when %s', (_what, promise, says, change) => {
    const view = lawfulView();
    expect(violationsOf({ ...view, ...change(view) }, promise)).toContain(says);
  });

  it('are each shown to fail by one of these', () => {
    const shown = new Set(broken.map(([, promise]) => promise));
    const promises = judge(lawfulView()).map(({ promise }) => promise);
    expect(promises.filter((promise) => !shown.has(promise))).toEqual([]);
  });

  it('do not mind a message that was stored again under its id', () => {
    const view = lawfulView();
    const again = { ...view, messages: extraMessage(view, { sequence: 99 }) };
    expect(judge(again).flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('do not mind what waits behind a dead letter of the same user', () => {
    const view = lawfulView();
    const behind = view.parked.map((entry) => ({
      ...entry,
      messageId: 'ORDERS-9',
      state: 'waiting',
      reason: null,
    }));
    expect(violationsOf({ ...view, parked: [...view.parked, ...behind] }, nothingElse)).toBe('');
  });
});

describe('isQuiet', () => {
  it('is true when all has ended', () => {
    expect(isQuiet(lawfulView())).toBe(true);
  });

  it.each<[string, (view: SystemView) => Partial<SystemView>]>([
    ['an order', (v) => ({ orders: altered(v.orders, isOrder(shippedId), { status: 'paid' }) })],
    ['a payment', (v) => ({ payments: altered(v.payments, isOrder(shippedId), { status: 'charging' }) })],
    [
      'an e-mail',
      (v) => ({ notifications: altered(v.notifications, isOrder(shippedId), { state: 'accepted' }) }),
    ],
    ['a delivery', (v) => ({ inbox: without(v.inbox, isFirst) })],
    ['a publication', (v) => ({ outbox: altered(v.outbox, isFirst, { publishedSequence: null }) })],
  ])('is false while %s is under way', (_what, change) => {
    const view = lawfulView();
    expect(isQuiet({ ...view, ...change(view) })).toBe(false);
  });
});
