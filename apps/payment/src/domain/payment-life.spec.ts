import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from './decide-payment.ts';
import { evolve } from './evolve-payment.ts';
import { commands, request, states } from './payment-life.test-support.ts';
import type { PaymentFact, PaymentState } from './payment.ts';
import { Provider, Service, type Mishap } from './provider.test-support.ts';

const { charge, cancel } = commands;
const world = {
  approves: fc.boolean(),
  notesCalls: fc.boolean(),
  mishaps: fc.array(fc.constantFrom<Mishap>('none', 'lost-call', 'lost-answer'), { maxLength: 12 }),
};
/** Any order, any number of times: duplicates, redrives, a cancellation that was let past its reservation. */
const messages = fc.array(fc.constantFrom(charge, cancel), { maxLength: 8 });

function balanceOf(facts: readonly PaymentFact[]): number {
  return facts.reduce((sum, { type, data }) => {
    if (type === 'declined') return sum;
    return type === 'captured' ? sum + data.amount.amount : sum - data.amount.amount;
  }, 0);
}

describe('a payment, whatever order its messages and mishaps come in', () => {
  it('publishes exactly what the provider did: captured - refunded is what it holds', () => {
    fc.assert(
      fc.property(fc.record({ ...world, messages }), ({ approves, notesCalls, mishaps, messages: given }) => {
        const provider = new Provider(approves, mishaps);
        const service = new Service(provider, notesCalls);
        for (const message of given) service.handle(message);
        expect(balanceOf(service.published)).toBe(provider.holds);
      }),
    );
  });

  it('tells each fact once, a refund only after its capture', () => {
    fc.assert(
      fc.property(fc.record({ ...world, messages }), ({ approves, notesCalls, mishaps, messages: given }) => {
        const service = new Service(new Provider(approves, mishaps), notesCalls);
        for (const message of given) service.handle(message);
        const told = service.published.map((fact) => fact.type).join(' ');
        expect(['', 'captured', 'captured refunded', 'declined']).toContain(told);
      }),
    );
  });

  it('keeps nothing of a cancelled order', () => {
    fc.assert(
      fc.property(fc.record({ ...world, messages }), ({ approves, notesCalls, mishaps, messages: given }) => {
        const provider = new Provider(approves, mishaps);
        const service = new Service(provider, notesCalls);
        for (const message of [...given, cancel]) service.handle(message);
        expect(provider.holds).toBe(0);
      }),
    );
  });

  it('gives back what an abandoned charge took, because the call was noted before it was made', () => {
    const service = new Service(new Provider(true, ['lost-answer']), true);
    expect(service.attempt(charge)).toBe(false);
    service.handle(cancel);
    expect(service.published.map((fact) => fact.type)).toEqual(['captured', 'refunded']);
  });

  it('charges an order that is not cancelled, if the provider lets it', () => {
    fc.assert(
      fc.property(fc.record(world), ({ approves, notesCalls, mishaps }) => {
        const provider = new Provider(approves, mishaps);
        const service = new Service(provider, notesCalls);
        service.handle(charge);
        expect(service.state.status).toBe(approves ? 'captured' : 'declined');
        expect(provider.holds).toBe(approves ? request.amount.amount : 0);
      }),
    );
  });

  it('takes a settled message that comes again as nothing new', () => {
    fc.assert(
      fc.property(fc.record({ ...world, messages }), ({ approves, notesCalls, mishaps, messages: given }) => {
        const service = new Service(new Provider(approves, mishaps), notesCalls);
        for (const message of given) service.handle(message);
        for (const message of given) expect(decide(service.state, message).kind).toBe('ignored');
      }),
    );
  });
});

describe('evolve', () => {
  it('brings every accepted decision to a state, and events of a repeated call leave it there', () => {
    const anyState = fc.constantFrom<PaymentState>(...Object.values(states));
    fc.assert(
      fc.property(anyState, fc.constantFrom(...Object.values(commands)), (state, command) => {
        const decision = decide(state, command);
        if (decision.kind !== 'accepted') return;
        const next = decision.events.reduce(evolve, state);
        expect(decision.events.reduce(evolve, next)).toEqual(next);
      }),
    );
  });
});
