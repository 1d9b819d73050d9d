import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from './decide-reservation.ts';
import { evolve, stockChangesOf } from './evolve-reservation.ts';
import {
  NO_RESERVATION,
  type Reservation,
  type ReservationCommand,
  type ReservationEvent,
} from './reservation.ts';
import { applyChanges, needsOf, NO_STOCK, receiving, type StockFigures, type StockLevels } from './stock.ts';

const SKUS = ['KETTLE', 'LAST-ONE', 'MUG'];
const ORDERS = ['order-1', 'order-2', 'order-3', 'order-4'];
const anySku = fc.constantFrom(...SKUS);
const anyLines = fc.array(fc.record({ sku: anySku, quantity: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 1,
  maxLength: 4,
});

/** What reaches the house: deliveries, and commands of several orders in any order, repetitions included. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('receive' as const), sku: anySku, quantity: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    kind: fc.constantFrom('reserve', 'ship', 'release'),
    orderId: fc.constantFrom(...ORDERS),
    lines: anyLines,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface House {
  readonly levels: StockLevels;
  readonly received: ReadonlyMap<string, number>;
  readonly reservations: ReadonlyMap<string, Reservation>;
  readonly events: readonly ReservationEvent[];
}

const EMPTY: House = { levels: new Map(), received: new Map(), reservations: new Map(), events: [] };

function take(house: House, given: Step): House {
  if (!('orderId' in given)) {
    const received = new Map(house.received).set(
      given.sku,
      (house.received.get(given.sku) ?? 0) + given.quantity,
    );
    return { ...house, received, levels: applyChanges(house.levels, receiving(given.sku, given.quantity)) };
  }
  const before = house.reservations.get(given.orderId) ?? NO_RESERVATION;
  const decision = decide(before, commandOf(given, house.levels));
  if (decision.kind !== 'accepted') return house;
  return {
    ...house,
    levels: applyChanges(house.levels, stockChangesOf(decision.event)),
    reservations: new Map(house.reservations).set(given.orderId, evolve(before, decision.event)),
    events: [...house.events, decision.event],
  };
}

function commandOf(given: Extract<Step, { orderId: string }>, levels: StockLevels): ReservationCommand {
  const order = { userId: 'ada', orderId: given.orderId };
  if (given.kind === 'reserve') return { type: 'reserve', order, lines: given.lines, levels };
  return given.kind === 'ship' ? { type: 'ship', order } : { type: 'release', order };
}

function eachMoment(check: (house: House) => void): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      steps.reduce((house, given) => {
        const next = take(house, given);
        check(next);
        return next;
      }, EMPTY);
    }),
  );
}

const figuresOf = (house: House, sku: string): StockFigures => house.levels.get(sku) ?? NO_STOCK;

describe('stock, at every moment', () => {
  it('is conserved: on hand + reserved + shipped = received', () => {
    eachMoment((house) => {
      for (const sku of SKUS) {
        const { onHand, reserved, shipped } = figuresOf(house, sku);
        expect(onHand + reserved + shipped).toBe(house.received.get(sku) ?? 0);
      }
    });
  });

  it('is never negative: nothing is promised twice', () => {
    eachMoment((house) => {
      for (const sku of SKUS) {
        const { onHand, reserved, shipped } = figuresOf(house, sku);
        expect(Math.min(onHand, reserved, shipped)).toBeGreaterThanOrEqual(0);
      }
    });
  });

  it('is reserved and shipped for exactly the orders that hold and got it', () => {
    eachMoment((house) => {
      for (const sku of SKUS) {
        expect(figuresOf(house, sku).reserved).toBe(piecesOf(house, sku, 'reserved'));
        expect(figuresOf(house, sku).shipped).toBe(piecesOf(house, sku, 'shipped'));
      }
    });
  });

  it('is told of at most thrice by one order: one answer, one end', () => {
    eachMoment((house) => {
      for (const orderId of ORDERS) {
        const told = house.events.filter(({ data }) => data.orderId === orderId).map(({ type }) => type);
        const lives = ['', 'closed', 'rejected', 'reserved', 'reserved released', 'reserved shipped'];
        expect(lives).toContain(told.join(' '));
      }
    });
  });
});

function piecesOf({ reservations }: House, sku: string, status: 'reserved' | 'shipped'): number {
  return [...reservations.values()]
    .flatMap((reservation) =>
      reservation.status === status && 'lines' in reservation ? reservation.lines : [],
    )
    .filter((line) => line.sku === sku)
    .reduce((sum, line) => sum + line.quantity, 0);
}

describe('what an order needs', () => {
  it('adds lines of one SKU up, sorted, so that all processes lock rows in one order', () => {
    const lines = ['b', 'B', 'a', 'b', '_', 'A'].map((sku, index) => ({ sku, quantity: index + 1 }));
    expect(needsOf(lines).map(({ sku, quantity }) => `${sku} ${String(quantity)}`)).toEqual([
      'A 6',
      'B 2',
      '_ 5',
      'a 3',
      'b 5',
    ]);
  });
});
