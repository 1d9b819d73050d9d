import { describe, expect, it } from '@jest/globals';
import { Problem } from '../problem/problem.exception.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';

describe('idempotencyKeyOf', () => {
  it.each([['k'], ['a'.repeat(255)], ['!~8e03978e-40d5-43dd-bc93-6894a57f9324']])('takes %s', (key) => {
    expect(idempotencyKeyOf({ 'idempotency-key': key })).toBe(key);
  });

  it('is undefined without the header', () => {
    expect(idempotencyKeyOf({})).toBeUndefined();
  });

  it.each([[''], ['a'.repeat(256)], ['two words'], ['tab\t'], ['ümlaut'], [['one', 'two']]])(
    'refuses %j',
    (key) => {
      expect.assertions(2);
      try {
        idempotencyKeyOf({ 'idempotency-key': key });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.getStatus()).toBe(400);
        expect(error.errors?.[0]?.field).toBe('Idempotency-Key');
      }
    },
  );
});
