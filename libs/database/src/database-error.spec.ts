import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  DatabaseError,
  fromDriver,
  isDatabaseUnavailable,
  isResourceExhausted,
  isTemporary,
  isTimedOut,
  isTransactionConflict,
  isUniqueViolation,
  sqlStateOf,
} from './database-error.ts';

/** As the server reports it. */
function reported(code: string, constraint?: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('failed', 0, 'error'), { code, constraint });
}

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('sqlStateOf()', () => {
  it('is what the server reported', () => {
    expect(sqlStateOf(reported('23505'))).toBe('23505');
  });

  // A network error's code may have five letters, too.
  it.each([withCode('EPIPE'), withCode('23505'), new Error('no code'), { code: '23505' }, undefined])(
    'of %p is nothing',
    (error) => {
      expect(sqlStateOf(error)).toBeUndefined();
    },
  );
});

describe('isUniqueViolation()', () => {
  it('is about any constraint, or about the one that is named', () => {
    const error = reported('23505', 'order_pkey');
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'order_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(isUniqueViolation(reported('23503', 'order_pkey'))).toBe(false);
  });
});

describe('isTransactionConflict()', () => {
  it.each([
    ['40001', true],
    ['40P01', true],
    ['23505', false],
    ['57P01', false],
  ])('of %s is %s', (code, is) => {
    expect(isTransactionConflict(reported(code))).toBe(is);
  });
});

describe('isDatabaseUnavailable()', () => {
  it.each(['08000', '08006', '57P01', '57P02', '57P03', '53300', '25006', '28P01'])(
    'of %s is true',
    (code) => {
      expect(isDatabaseUnavailable(reported(code))).toBe(true);
    },
  );

  // These speak of the statement, not of the server: a message that causes them has failed.
  it.each(['23505', '22P02', '42601', '25P02', '40001', '57014', '53100', '53200', '53400'])(
    'of %s is false',
    (code) => {
      expect(isDatabaseUnavailable(reported(code))).toBe(false);
    },
  );

  it("of another server's failure is false: a handler's HTTP call is no database", () => {
    expect(isDatabaseUnavailable(withCode('ECONNREFUSED'))).toBe(false);
    expect(isDatabaseUnavailable(new Error('Connection terminated unexpectedly'))).toBe(false);
  });
});

describe.each([
  [isResourceExhausted, ['53000', '53100', '53200', '53400']],
  [isTimedOut, ['57014', '55P03']],
] as const)('%p', (predicate, codes) => {
  it.each(codes)('of %s is true: it is about the work, not about the database', (code) => {
    expect(predicate(reported(code))).toBe(true);
    expect(isDatabaseUnavailable(reported(code))).toBe(false);
    expect(isTemporary(reported(code))).toBe(true);
  });

  it.each(['53300', '57P01', '23505', '40001'])('of %s is false', (code) => {
    expect(predicate(reported(code))).toBe(false);
  });
});

describe('isTemporary()', () => {
  it.each(['08006', '25006', '25P03', '28P01', '40001', '40P01', '53200', '57014', '57P01', '57P05'])(
    'of %s is true',
    (code) => {
      expect(isTemporary(reported(code))).toBe(true);
    },
  );

  it.each(['22P02', '23505', '42501', '42P01', '25P02', 'XX000'])('of %s is false', (code) => {
    expect(isTemporary(reported(code))).toBe(false);
  });
});

describe('an error of the driver', () => {
  it.each([
    withCode('ECONNREFUSED'),
    withCode('ECONNRESET'),
    withCode('ENOTFOUND'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Client has encountered a connection error and is not queryable'),
  ])('becomes UNREACHABLE when it is about the connection: %p', (error) => {
    const turned = fromDriver(error);
    expect(turned).toMatchObject({ code: 'UNREACHABLE', cause: error });
    expect(isDatabaseUnavailable(turned)).toBe(true);
  });

  it.each([reported('23505'), withCode('ENOENT'), new Error('other'), 'ECONNREFUSED'])(
    'stays as it is otherwise: %p',
    (error) => {
      expect(fromDriver(error)).toBe(error);
    },
  );
});

describe('an error of our own', () => {
  it('says what happened and what to do', () => {
    const cause = new Error('why');
    const error = new DatabaseError('TRANSACTION_ENDED', 'It has ended.', { remedy: 'Await it.', cause });
    expect(error).toMatchObject({ message: 'It has ended. Await it.', remedy: 'Await it.', cause });
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
