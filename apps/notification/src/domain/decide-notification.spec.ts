import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide, evolve } from './decide-notification.ts';
import { facts } from './facts.test-support.ts';
import { notificationIdOf } from './notification-id.ts';
import {
  NO_CORRESPONDENCE,
  type Correspondence,
  type NotificationEvent,
  type NotifiedFact,
  type NotifiedFactType,
} from './notification.ts';

const email = 'ada@example.org';
const types: readonly NotifiedFactType[] = ['created', 'paid', 'shipped', 'cancelled'];
const open = (...told: NotifiedFactType[]): Correspondence => ({ status: 'open', email, told });

const table: readonly [given: Correspondence, fact: NotifiedFactType, result: string][] = [
  [NO_CORRESPONDENCE, 'created', 'email-requested created'],
  [NO_CORRESPONDENCE, 'paid', 'contradicted'],
  [NO_CORRESPONDENCE, 'shipped', 'contradicted'],
  [NO_CORRESPONDENCE, 'cancelled', 'contradicted'],
  [open('created'), 'created', 'repeated'],
  [open('created'), 'paid', 'email-requested paid'],
  [open('created'), 'shipped', 'email-requested shipped'],
  [open('created'), 'cancelled', 'email-requested cancelled'],
  [open('created', 'paid'), 'created', 'repeated'],
  [open('created', 'paid'), 'paid', 'repeated'],
  [open('created', 'paid'), 'shipped', 'email-requested shipped'],
  [open('created', 'paid', 'shipped'), 'shipped', 'repeated'],
  [open('created', 'cancelled'), 'cancelled', 'repeated'],
];

function inWords(given: Correspondence, fact: NotifiedFact): string {
  const decision = decide(given, fact);
  switch (decision.kind) {
    case 'accepted':
      return `${decision.event.type} ${decision.event.fact}`;
    case 'ignored':
      return decision.because;
    case 'contradicted':
      return 'contradicted';
  }
}

function tell(given: readonly NotifiedFact[]): NotificationEvent[] {
  const events: NotificationEvent[] = [];
  let state = NO_CORRESPONDENCE;
  for (const fact of given) {
    const decision = decide(state, fact);
    if (decision.kind !== 'accepted') continue;
    events.push(decision.event);
    state = evolve(state, decision.event);
  }
  return events;
}

describe('decide what a user is told', () => {
  it.each(table)('given %j, when order.%s, then %s', (given, fact, result) => {
    expect(inWords(given, facts[fact])).toBe(result);
  });

  it('writes to the address that came with the order', () => {
    for (const { data } of tell(types.map((type) => facts[type]))) {
      const { userId, orderId } = facts.created.data;
      expect(data).toMatchObject({ userId, orderId, to: email });
    }
  });

  it('is one e-mail for each fact, whatever is repeated', () => {
    const repeated = fc.array(fc.constantFrom(...types), { maxLength: 12 });
    fc.assert(
      fc.property(repeated, (given) => {
        const told = tell([facts.created, ...given.map((type) => facts[type])]).map((event) => event.fact);
        expect(told).toEqual([...new Set<NotifiedFactType>(['created', ...given])]);
      }),
    );
  });
});

describe('a notification id', () => {
  const { orderId } = facts.created.data;

  it('is the same for ever, so that a fact is one e-mail', () => {
    expect(notificationIdOf(orderId, 'created')).toBe('44706f84-d6e8-596c-8c16-43e31f88b7d3');
  });

  it('is a UUID of version 5, another one for each order and fact', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 8 }), (orderIds) => {
        const ids = orderIds.flatMap((id) => types.map((type) => notificationIdOf(id, type)));
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids)
          expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });
});
