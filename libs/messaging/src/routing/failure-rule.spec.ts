import { describe, expect, it } from '@jest/globals';
import {
  MessagingError,
  type MessagingErrorCode,
  PoisonMessage,
  RetryAfter,
} from '../errors/messaging-error.ts';
import { assertRules, type FailureRule, judge, mostAttempts, onError } from './failure-rule.ts';
import { DEFAULT_RETRY } from './retry-policy.ts';

class RateLimited extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super('slow down');
    this.waitMs = waitMs;
  }
}

class Unauthorized extends Error {}
class Expired extends Unauthorized {}

const judged = (error: unknown, ...failures: FailureRule[]): object =>
  judge(error, { retry: DEFAULT_RETRY, failures });
const byCurve = { do: 'retry', policy: DEFAULT_RETRY, afterMs: undefined };

describe('a failed attempt', () => {
  it.each([
    ['an error that no rule names', new Error('x'), byCurve],
    ['a value that is no error', undefined, byCurve],
    ['a poison message', new PoisonMessage('x'), { do: 'final' }],
    ['"again in a second"', new RetryAfter(1_000, 'x'), { ...byCurve, afterMs: 1_000 }],
    ['"again in a week": a day', new RetryAfter(604_800_000, 'x'), { ...byCurve, afterMs: 86_400_000 }],
    ['"again before now": at once', new RetryAfter(-1, 'x'), { ...byCurve, afterMs: 0 }],
    ['"again in no time at all": the curve', new RetryAfter(NaN, 'x'), byCurve],
  ])('by %s', (_, error, verdict) => {
    expect(judged(error)).toEqual(verdict);
  });

  it.each<MessagingErrorCode>([
    'CONTRACT_MISSING',
    'CONTRACT_VIOLATION',
    'KEY_INVALID',
    'PUBLISH_REJECTED',
    'TRANSACTION_MISUSED',
  ])('by %s of what the handler does itself is final', (code) => {
    expect(judged(new MessagingError(code, 'x', { remedy: 'y' }))).toEqual({ do: 'final' });
  });
});

describe('a rule', () => {
  it('names a class, and means its subclasses as well', () => {
    const rule = onError(Unauthorized, { do: 'defer' });
    expect(judged(new Expired(), rule)).toEqual({ do: 'defer' });
    expect(judged(new Error('other'), rule)).toEqual(byCurve);
  });

  it('may be a predicate', () => {
    const rule = onError((error) => error === 'no', { do: 'final' });
    expect(judged('no', rule)).toEqual({ do: 'final' });
    expect(judged('yes', rule)).toEqual(byCurve);
  });

  it('is followed only if none before it matches', () => {
    const rules = [onError(Expired, { do: 'final' }), onError(Unauthorized, { do: 'defer' })];
    expect(judged(new Expired(), ...rules)).toEqual({ do: 'final' });
    expect(judged(new Unauthorized(), ...rules)).toEqual({ do: 'defer' });
  });

  it('may read the time to wait from the error, or give one, or a curve of its own', () => {
    expect(
      judged(new RateLimited(700), onError(RateLimited, { do: 'retry', afterMs: (error) => error.waitMs })),
    ).toEqual({
      ...byCurve,
      afterMs: 700,
    });
    expect(judged(new RateLimited(0), onError(RateLimited, { do: 'retry', afterMs: 50 }))).toMatchObject({
      afterMs: 50,
    });
    const own = onError(RateLimited, { do: 'retry', retry: { maxAttempts: 99 } });
    expect(judged(new RateLimited(0), own)).toMatchObject({ policy: { ...DEFAULT_RETRY, maxAttempts: 99 } });
  });

  it('comes before what is final otherwise, but not before what the handler said itself', () => {
    const rule = onError(Error, { do: 'retry', afterMs: 1 });
    const invalid = new MessagingError('KEY_INVALID', 'x', { remedy: 'y' });
    expect(judged(invalid, rule)).toMatchObject({ afterMs: 1 });
    expect(judged(new PoisonMessage('x'), rule)).toEqual({ do: 'final' });
    expect(judged(new RetryAfter(5, 'x'), rule)).toMatchObject({ afterMs: 5 });
  });

  it('that fails itself does not match, and gives no time', () => {
    const fails = (): never => {
      throw new Error('rule');
    };
    expect(judged(new Error('x'), onError(fails, { do: 'final' }))).toEqual(byCurve);
    expect(judged(new Error('x'), onError(Error, { do: 'retry', afterMs: fails }))).toEqual(byCurve);
  });

  it('may allow more attempts than its subscription', () => {
    const failures = [onError(RateLimited, { do: 'retry', retry: { maxAttempts: 99 } })];
    expect(mostAttempts({ retry: DEFAULT_RETRY, failures })).toBe(99);
    expect(mostAttempts({ retry: DEFAULT_RETRY })).toBe(DEFAULT_RETRY.maxAttempts);
  });
});

describe('a rule that makes no sense is refused when its module is loaded', () => {
  const notThere: unknown = undefined;
  const subscription = (kind: string, dependency: string | undefined): Parameters<typeof assertRules>[0] => ({
    failures: [onError(Error, { do: 'defer' })],
    kind,
    dependency,
    handler: 'Caller.handle',
  });

  it.each([
    ['a class that is not there', () => onError(notThere as typeof Error, { do: 'final' })],
    ['an unknown action', () => onError(Error, { do: 'ignore' as 'final' })],
    ['a negative wait', () => onError(Error, { do: 'retry', afterMs: -1 })],
    ['no number', () => onError(Error, { do: 'retry', afterMs: NaN })],
    ['more than a day', () => onError(Error, { do: 'retry', retry: { maxDelayMs: 86_400_001 } })],
    ['no attempt', () => onError(Error, { do: 'retry', retry: { maxAttempts: 0 } })],
    ['half an attempt', () => onError(Error, { do: 'retry', retry: { maxAttempts: 1.5 } })],
    ['deferring in a batch handler', () => assertRules(subscription('batch', 'provider'))],
    ['deferring without a dependency to wait for', () => assertRules(subscription('external', undefined))],
  ])('%s', (_, declare) => {
    expect(declare).toThrow(expect.objectContaining({ code: 'HANDLER_INVALID' }));
  });
});
