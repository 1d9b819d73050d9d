import { describe, expect, it } from '@jest/globals';
import { DEFAULT_RETRY } from '../routing/retry-policy.ts';
import { assertHandlerOptions, unknownOptions } from './handler-options.ts';

type Handler = Parameters<typeof assertHandlerOptions>[1][number];

function handler(change: object = {}): Handler {
  return {
    handler: 'SendMail.handle',
    kind: 'external',
    group: undefined,
    retry: DEFAULT_RETRY,
    timeoutMs: 30_000,
    concurrency: 16,
    onFailure: 'park',
    dependency: undefined,
    ...change,
  };
}

const check = (...handlers: Handler[]): void => assertHandlerOptions('mail', handlers, new Map());
const retry = (change: object): object => ({ retry: { ...DEFAULT_RETRY, ...change } });

describe('options of handlers are checked at boot', () => {
  it.each([{}, { group: 'mailer' }, { group: 'mail_er-2' }, { timeoutMs: 1 }, retry({ maxAttempts: 1 })])(
    '%j is right',
    (change) => {
      expect(() => check(handler(change))).not.toThrow();
    },
  );

  it.each([
    { group: 'ordered' },
    { group: 'unrouted' },
    { group: 'mail.er' },
    { group: 'mail *' },
    { group: '' },
    { group: 'm'.repeat(65) },
    { group: 'ORDERS-07' },
    { group: 'x-ORDERS-07' },
    { timeoutMs: Infinity },
    { timeoutMs: 0 },
    { timeoutMs: 1.5 },
    { timeoutMs: 2 ** 31 },
    { concurrency: 0 },
    { concurrency: 2.5 },
    { concurrency: 65 },
    { onFailure: 'ignore' },
    { kind: 'externl' },
    { dependency: '' },
    retry({ maxAttempts: Number.NaN }),
    retry({ maxAttempts: 0 }),
    retry({ firstDelayMs: -1 }),
    retry({ maxDelayMs: 2 ** 31 }),
  ])('%j is refused', (change) => {
    expect(() => check(handler(change))).toThrow(expect.objectContaining({ code: 'HANDLER_INVALID' }));
  });

  it('all at once, with the names of the handlers', () => {
    const wrong = [handler({ timeoutMs: 0 }), handler({ handler: 'Other.handle', group: 'ordered' })];
    expect(() => check(...wrong)).toThrow(
      /SendMail\.handle: timeoutMs is 0[^]*Other\.handle: the group name/,
    );
  });

  it('and so are names that are no options', () => {
    const known = { group: undefined, kind: 'external', retry: { maxAttempts: 2 } };
    expect(unknownOptions(known)).toEqual([]);
    const wrong = { group: undefined, retries: 3, retry: { attempts: 2 } };
    expect(unknownOptions(wrong)).toEqual(['retries', 'retry.attempts']);
    const unknown = new Map([['SendMail.handle', ['retries']]]);
    expect(() => assertHandlerOptions('mail', [handler()], unknown)).toThrow('retries is no option');
  });

  it('and so is the concurrency of a handler that has no queue group', () => {
    const ofGroup = { group: 'mailer', concurrency: 4 };
    expect(unknownOptions(ofGroup)).toEqual([]);
    const ordered = { group: undefined, concurrency: 4 };
    expect(unknownOptions(ordered)).toEqual(['concurrency']);
  });
});
