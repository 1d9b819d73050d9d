import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from './decide-order.ts';
import { evolve, replay } from './evolve-order.ts';
import { commands, details, states } from './order-life.test-support.ts';
import { NO_ORDER, type OrderCommand, type OrderEvent, type OrderState } from './order.ts';

const anyCommand = fc.constantFrom(...Object.values(commands));
const anyState = fc.constantFrom<OrderState>(...Object.values(states));
const anyCommands = fc.array(anyCommand, { maxLength: 24 });
const final = (state: OrderState): boolean => state.status === 'shipped' || state.status === 'cancelled';

interface Life {
  readonly state: OrderState;
  readonly events: readonly OrderEvent[];
}

function live(given: readonly OrderCommand[]): Life {
  return given.reduce<Life>(
    ({ state, events }, command) => {
      const decision = decide(state, command);
      if (decision.kind !== 'accepted') return { state, events };
      return { state: decision.events.reduce(evolve, state), events: [...events, ...decision.events] };
    },
    { state: NO_ORDER, events: [] },
  );
}

const count = (events: readonly OrderEvent[], type: OrderEvent['type']): number =>
  events.filter((event) => event.type === type).length;

describe('an order, whatever reaches it in whatever order', () => {
  it('happens at most once: each fact, and only one of paid and cancelled', () => {
    fc.assert(
      fc.property(anyCommands, (given) => {
        const { events } = live(given);
        const types = events.map((event) => event.type);
        expect(new Set(types).size).toBe(types.length);
        expect(count(events, 'paid') + count(events, 'cancelled')).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('tells its facts in the order of its life', () => {
    const lives = ['created', 'created cancelled', 'created reserved', 'created reserved cancelled'];
    const paid = ['created reserved paid', 'created reserved paid shipped'];
    const told = fc.property(anyCommands, (given) => {
      const facts = live(given).events.filter(({ type }) => type !== 'stock-due' && type !== 'payment-due');
      expect(['', ...lives, ...paid]).toContain(facts.map((event) => event.type).join(' '));
    });
    fc.assert(told);
  });

  it('does not leave a final state', () => {
    fc.assert(
      fc.property(anyState.filter(final), anyCommand, (state, command) => {
        expect(decide(state, command).kind).not.toBe('accepted');
      }),
    );
  });

  it('ends once it is due, unless it was paid', () => {
    fc.assert(
      fc.property(anyCommands, (given) => {
        const { state } = live([commands.place, ...given, commands['payment-due']]);
        expect(['paid', 'shipped', 'cancelled']).toContain(state.status);
      }),
    );
  });

  it('ends once inventory should have answered, unless it was reserved', () => {
    fc.assert(
      fc.property(anyCommands, (given) => {
        const { state } = live([commands.place, ...given, commands['stock-due']]);
        expect(['reserved', 'paid', 'shipped', 'cancelled']).toContain(state.status);
      }),
    );
  });

  it('takes a command that comes again as nothing new', () => {
    fc.assert(
      fc.property(anyState, anyCommand, (state, command) => {
        const first = decide(state, command);
        if (first.kind !== 'accepted') return;
        const again = decide(first.events.reduce(evolve, state), command);
        expect(again.kind).toBe(
          command.type === 'place' || command.type === 'cancel-requested' ? 'refused' : 'ignored',
        );
      }),
    );
  });

  it('is what its history tells, also when facts of the history are applied twice', () => {
    fc.assert(
      fc.property(anyCommands, (given) => {
        const { state, events } = live(given);
        expect(replay(events)).toEqual(state);
        expect(replay([...events, ...events])).toEqual(state);
      }),
    );
  });

  it('speaks of its own user, order and total only', () => {
    fc.assert(
      fc.property(anyCommands, (given) => {
        const { userId, orderId, total } = details;
        for (const { data } of live(given).events) {
          expect(data).toMatchObject('total' in data ? { userId, orderId, total } : { userId, orderId });
        }
      }),
    );
  });
});
