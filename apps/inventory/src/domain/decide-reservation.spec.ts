import { describe, expect, it } from '@jest/globals';
import { decide } from './decide-reservation.ts';
import type {
  Reservation,
  ReservationCommand,
  ReservationDecision,
  ReservationStatus,
} from './reservation.ts';
import type { StockLevels } from './stock.ts';

const order = { userId: 'ada', orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f' };
const lines = [{ sku: 'MUG', quantity: 2 }];
const enough: StockLevels = new Map([['MUG', { onHand: 2, reserved: 5, shipped: 1 }]]);
const tooFew: StockLevels = new Map([['MUG', { onHand: 1, reserved: 5, shipped: 1 }]]);

const states: Readonly<Record<ReservationStatus, Reservation>> = {
  none: { status: 'none' },
  reserved: { status: 'reserved', lines },
  rejected: { status: 'rejected' },
  released: { status: 'released', lines },
  closed: { status: 'closed' },
  shipped: { status: 'shipped', lines },
};

const commands = {
  'reserve, enough': { type: 'reserve', order, lines, levels: enough },
  'reserve, too few': { type: 'reserve', order, lines, levels: tooFew },
  ship: { type: 'ship', order },
  release: { type: 'release', order },
} satisfies Record<string, ReservationCommand>;

/** Every state: what each command of `commands` does, in their order. A missing state does not compile. */
const table: Readonly<Record<ReservationStatus, readonly [string, string, string, string]>> = {
  none: ['reserved', 'rejected', 'contradicted', 'closed'],
  reserved: ['repeated', 'repeated', 'shipped', 'released'],
  rejected: ['repeated', 'repeated', 'contradicted', 'nothing-reserved'],
  released: ['too-late', 'too-late', 'contradicted', 'repeated'],
  closed: ['too-late', 'too-late', 'contradicted', 'repeated'],
  shipped: ['repeated', 'repeated', 'repeated', 'contradicted'],
};

const rows = Object.values(states).flatMap((state) =>
  Object.entries(commands).map(([name, command], column) => ({
    state,
    command,
    status: state.status,
    name,
    result: table[state.status][column],
  })),
);

function inWords(decision: ReservationDecision): string {
  switch (decision.kind) {
    case 'accepted':
      return decision.event.type;
    case 'ignored':
      return decision.because;
    case 'contradicted':
      return 'contradicted';
  }
}

describe('decide a reservation', () => {
  it.each(rows)('given $status, when $name, then $result', ({ state, command, result }) => {
    expect(inWords(decide(state, command))).toBe(result);
  });

  it('takes lines of one SKU together: each would reach, both do not', () => {
    const twice = [
      { sku: 'MUG', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
    ];
    expect(decide(states.none, { type: 'reserve', order, lines: twice, levels: tooFew })).toEqual({
      kind: 'accepted',
      event: {
        type: 'rejected',
        data: { ...order, shortages: [{ sku: 'MUG', requested: 2, available: 1 }] },
      },
    });
  });

  it('names every SKU that is short, one never received included, and sets nothing aside', () => {
    const wanted = [
      { sku: 'TRAY', quantity: 1 },
      { sku: 'MUG', quantity: 2 },
      { sku: 'KETTLE', quantity: 3 },
    ];
    const levels: StockLevels = new Map([...enough, ['KETTLE', { onHand: 2, reserved: 0, shipped: 0 }]]);
    const shortages = [
      { sku: 'KETTLE', requested: 3, available: 2 },
      { sku: 'TRAY', requested: 1, available: 0 },
    ];
    expect(decide(states.none, { type: 'reserve', order, lines: wanted, levels })).toEqual({
      kind: 'accepted',
      event: { type: 'rejected', data: { ...order, shortages } },
    });
  });

  it('ships and releases what was set aside, whatever the stock is by then', () => {
    expect(decide(states.reserved, commands.release)).toMatchObject({ event: { data: { ...order, lines } } });
    expect(decide(states.reserved, commands.ship)).toMatchObject({ event: { data: { ...order, lines } } });
  });
});
