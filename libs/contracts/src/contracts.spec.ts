import { describe, expect, it } from '@jest/globals';
import { checkContract, contractOf, ContractViolation, type ContractClass } from '@orderflow/messaging';
import * as contracts from './index.ts';

const { allContracts } = contracts;
const table = allContracts.map((cls) => ({ cls, name: cls.name, example: fieldsOf(cls) }));
const fields = table.flatMap(({ cls, name, example }) =>
  Object.entries(example).map(([field, value]) => ({ cls, name, example, field, value })),
);

function fieldsOf(cls: ContractClass): Record<string, unknown> {
  return { ...contractOf(cls).example };
}

/** Paths at which a value breaks a contract; none when it is valid. */
function violationsOf(cls: ContractClass, value: unknown): string[] {
  try {
    checkContract(cls, value);
    return [];
  } catch (error) {
    if (!(error instanceof ContractViolation)) throw error;
    return [...new Set(error.violations.map((violation) => violation.path))];
  }
}

function ofAnotherType(value: unknown): unknown {
  return typeof value === 'string' ? 7 : 'text';
}

describe('every contract', () => {
  it.each(table)('$name accepts its example', ({ cls, example }) => {
    expect(checkContract(cls, example)).toEqual(example);
  });

  it.each(table)('$name survives the way through JSON', ({ cls, example }) => {
    expect(violationsOf(cls, JSON.parse(JSON.stringify(checkContract(cls, example))))).toEqual([]);
  });

  it.each(table)('$name refuses an unknown field', ({ cls, example }) => {
    expect(violationsOf(cls, { ...example, unexpected: true })).toEqual(['unexpected']);
  });

  it.each(fields)('$name needs $field', ({ cls, example, field }) => {
    const rest = Object.fromEntries(Object.entries(example).filter(([name]) => name !== field));
    expect(violationsOf(cls, rest)).toEqual([field]);
  });

  it.each(fields)('$name refuses $field of another type', ({ cls, example, field, value }) => {
    expect(violationsOf(cls, { ...example, [field]: ofAnotherType(value) })).toEqual([field]);
    expect(violationsOf(cls, { ...example, [field]: null })).toEqual([field]);
    // Decorators for nested values look into arrays on their own: none may slip through as one.
    expect(violationsOf(cls, { ...example, [field]: [] })).toEqual([field]);
    expect(violationsOf(cls, { ...example, [field]: [null] })).not.toEqual([]);
    expect(violationsOf(cls, { ...example, [field]: [[]] })).not.toEqual([]);
  });

  it.each(table)('$name is keyed by the user', ({ cls, example }) => {
    const { key, example: typed } = contractOf(cls);
    expect(key(typed)).toBe(example['userId']);
  });

  it('is in the list, once, with a name of its own in its stream', () => {
    const published = Object.values(contracts).filter(isContract);
    expect(new Set(allContracts)).toEqual(new Set(published));
    expect(new Set(allContracts.map((cls) => contractOf(cls).type)).size).toBe(allContracts.length);
  });

  it('is published under the subject of the table in DESIGN section 3', () => {
    const subjects = allContracts.map((cls) => {
      const { stream, event } = contractOf(cls);
      return `${stream.name} ${stream.owner} ${stream.prefix}.${event}`;
    });
    expect(subjects).toEqual([
      'ORDERS order order.created',
      'ORDERS order order.stock-due',
      'ORDERS order order.reserved',
      'ORDERS order order.payment-due',
      'ORDERS order order.paid',
      'ORDERS order order.shipped',
      'ORDERS order order.cancelled',
      'PAYMENTS payment payment.captured',
      'PAYMENTS payment payment.declined',
      'PAYMENTS payment payment.refunded',
      'INVENTORY inventory inventory.reserved',
      'INVENTORY inventory inventory.rejected',
      'INVENTORY inventory inventory.released',
      'INVENTORY inventory inventory.shipped',
      'NOTIFICATIONS notification notify.email-requested',
      'NOTIFICATIONS notification notify.email-sent',
    ]);
  });
});

function isContract(value: unknown): value is ContractClass {
  if (typeof value !== 'function' || value === contracts.OrderFact) return false;
  return Object.getPrototypeOf(value) === contracts.OrderFact;
}
