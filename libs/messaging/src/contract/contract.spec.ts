import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Transform, Type } from 'class-transformer';
import { IsArray, IsInt, IsString, Max, Min, ValidateNested } from 'class-validator';
import {
  checkContract,
  contract,
  Contract,
  contractOf,
  contractOfEvent,
  ContractViolation,
  type Violation,
} from './contract.ts';
import { defineStream } from './stream-definition.ts';

const ORDERS = defineStream({ name: 'ORDERS', prefix: 'order', owner: 'order' });

class Line {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(1_000)
  quantity!: number;
}

@Contract<OrderPlaced>({
  stream: ORDERS,
  event: 'placed',
  version: 2,
  key: (event) => event.userId,
  example: { userId: 'u1', lines: [{ sku: 'pen', quantity: 1 }] },
})
class OrderPlaced {
  @IsString()
  userId!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines!: Line[];
}

/** Has more than fields. */
@Contract<Pick<OrderNamed, 'name'>>({
  stream: ORDERS,
  event: 'named',
  version: 1,
  key: (event) => event.name,
  example: { name: 'pen' },
})
class OrderNamed {
  @Transform(({ value }: { value: string }) => value.toUpperCase())
  @IsString()
  name!: string;

  get length(): number {
    return this.name.length;
  }

  isEmpty(): boolean {
    return this.name === '';
  }
}

class Stray {
  readonly userId = 'u1';
}

const valid = { userId: 'u1', lines: [{ sku: 'pen', quantity: 2 }] };

function violationsOf(value: unknown): readonly Violation[] {
  try {
    checkContract(OrderPlaced, value);
    return [];
  } catch (error) {
    if (error instanceof ContractViolation) return error.violations;
    throw error;
  }
}

const pathsOf = (value: unknown): string[] => violationsOf(value).map(({ path }) => path);

describe('a value that keeps its contract', () => {
  it('becomes an instance, nested ones too', () => {
    const event = checkContract(OrderPlaced, valid);
    expect(event).toBeInstanceOf(OrderPlaced);
    expect(event.lines[0]).toBeInstanceOf(Line);
    expect({ ...event, lines: event.lines.map((line) => ({ ...line })) }).toEqual(valid);
  });

  it('is its own contract, named by stream, event and version', () => {
    const event = contract(OrderPlaced, valid);
    expect(contractOfEvent(event)).toBe(contractOf(OrderPlaced));
    expect(contractOf(OrderPlaced)).toMatchObject({ type: 'order.placed.v2', cls: OrderPlaced });
    expect(contractOf(OrderPlaced).key(event)).toBe('u1');
  });
});

describe('a value that breaks its contract', () => {
  it.each([
    ['a field that is missing', { lines: [] }, ['userId']],
    ['a field of the wrong form', { ...valid, userId: 7 }, ['userId']],
    ['an unknown field', { ...valid, admin: true }, ['admin']],
    ['a nested field', { ...valid, lines: [{ sku: 'pen', quantity: 0 }] }, ['lines.0.quantity']],
    [
      'an unknown nested field',
      { ...valid, lines: [{ sku: 'a', quantity: 1, price: 0 }] },
      ['lines.0.price'],
    ],
    ['the second of many', { ...valid, lines: [valid.lines[0], { sku: 1, quantity: 1 }] }, ['lines.1.sku']],
    ['several at once', { userId: 1, lines: 'none' }, ['userId', 'lines', 'lines']],
  ])('is refused, naming %s by its path', (_, value, paths) => {
    expect(new Set(pathsOf(value))).toEqual(new Set(paths));
  });

  it.each([null, 7, 'text', true, undefined, [valid]].map((value) => [value]))(
    'is refused when it is %j',
    (value) => {
      expect(violationsOf(value)).toEqual([{ path: '', message: 'must be a JSON object' }]);
    },
  );

  it('is refused with a code, and without the value, which may be private', () => {
    const check = (): unknown => checkContract(OrderPlaced, { ...valid, userId: { secret: 's3cret' } });
    expect(check).toThrow(expect.objectContaining({ code: 'CONTRACT_VIOLATION' }));
    expect(check).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cret') }));
  });

  const parsed = (json: string): unknown => JSON.parse(json);

  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'total',
    'empty',
  ])('is refused, naming the unknown field %s, which class-transformer passes over', (name) => {
    expect(pathsOf(parsed(`{"userId":"u1","lines":[],"${name}":{"admin":true}}`))).toEqual([name]);
    expect(Reflect.get(Object.prototype, 'admin')).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString'])('is refused when %s is nested', (name) => {
    const json = `{"userId":"u1","lines":[{"sku":"a","quantity":1,"${name}":1}]}`;
    expect(pathsOf(parsed(json))).toEqual([`lines.0.${name}`]);
  });

  it.each([
    ['lists', `${'['.repeat(60_000)}${']'.repeat(60_000)}`],
    ['objects', `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`],
    ['a few more than are allowed', `${'['.repeat(64)}${']'.repeat(64)}`],
  ])('is refused when it nests too deep: %s', (_, nested) => {
    const violations = violationsOf(parsed(`{"userId":"u1","lines":${nested}}`));
    expect(violations).toEqual([{ path: '', message: 'must not nest deeper than 64' }]);
  });

  it('is refused when it holds itself', () => {
    const circular: Record<string, unknown> = { userId: 'u1' };
    circular['lines'] = [circular];
    expect(pathsOf(circular)).toEqual(['']);
  });

  it.each([
    ['a method', '{"name":"pen","isEmpty":1}', 'isEmpty'],
    ['a getter', '{"name":"pen","length":1}', 'length'],
  ])('is refused when an unknown field is called as %s of its class', (_, json, name) => {
    expect(() => checkContract(OrderNamed, parsed(json))).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ path: name })] }),
    );
  });

  it('is refused when a transform of the contract fails for it', () => {
    expect(() => checkContract(OrderNamed, { name: 7 })).toThrow(
      expect.objectContaining({ code: 'CONTRACT_VIOLATION', cause: expect.any(TypeError) }),
    );
  });
});

describe('a class without @Contract', () => {
  it('is refused, with what to add', () => {
    const missing = expect.objectContaining({
      code: 'CONTRACT_MISSING',
      remedy: expect.stringContaining('@Contract'),
    });
    expect(() => contractOf(Stray)).toThrow(missing);
    expect(() => contractOfEvent(new Stray())).toThrow(missing);
    expect(() => contractOfEvent({ userId: 'u1' })).toThrow(missing);
  });
});

describe('names', () => {
  it.each(['Placed', '', 'a.b', '1st', 'a_b', 'x'.repeat(49)])('refuse the event "%s"', (event) => {
    const decorate = Contract({ stream: ORDERS, event, version: 1, key: () => 'k', example: {} });
    expect(() => decorate(Stray)).toThrow(expect.objectContaining({ code: 'CONTRACT_INVALID' }));
  });

  it.each([
    [{ name: 'orders', prefix: 'order', owner: 'order' }],
    [{ name: 'OR.DERS', prefix: 'order', owner: 'order' }],
    [{ name: 'ORDERS', prefix: 'or.der', owner: 'order' }],
    [{ name: 'ORDERS', prefix: '*', owner: 'order' }],
  ])('refuse the stream %j', (definition) => {
    expect(() => defineStream(definition)).toThrow(expect.objectContaining({ code: 'CONTRACT_INVALID' }));
  });
});
