import { describe, expect, it } from '@jest/globals';
import type { EffectScope, Transact } from '../routing/effect-scope.ts';
import type { Route } from '../routing/router.ts';
import { HandlerAbandoned } from './settlement.ts';
import { SingleCommit, untilAborted } from './single-commit.ts';

const scope: EffectScope = { tx: { query: () => Promise.resolve([]) }, published: [] };
const commits: Transact = (work) => work(scope);
const never = new AbortController().signal;
const misused = expect.objectContaining({ code: 'TRANSACTION_MISUSED' });
const nothing = (): Promise<void> => Promise.resolve();

describe('the transaction of an external attempt', () => {
  it('commits once, and gives the result back', async () => {
    const attempt = new SingleCommit(commits, never);
    await expect(attempt.transact(() => Promise.resolve(7))).resolves.toBe(7);
    await expect(attempt.close()).resolves.toBe(true);
  });

  it('is refused a second time', async () => {
    const attempt = new SingleCommit(commits, never);
    await attempt.transact(nothing);
    await expect(attempt.transact(nothing)).rejects.toEqual(misused);
  });

  it('is refused after the attempt has ended', async () => {
    const attempt = new SingleCommit(commits, never);
    await expect(attempt.close()).resolves.toBe(false);
    await expect(attempt.transact(nothing)).rejects.toEqual(misused);
  });

  it('is refused after the deadline', async () => {
    const attempt = new SingleCommit(commits, AbortSignal.abort());
    await expect(attempt.transact(nothing)).rejects.toEqual(misused);
  });

  it('that has begun is waited for, also when the handler did not await it', async () => {
    const commit = Promise.withResolvers<void>();
    const attempt = new SingleCommit(async (work) => {
      const value = await work(scope);
      await commit.promise;
      return value;
    }, never);
    void attempt.transact(nothing);
    const ended = attempt.close();
    let closed = false;
    void ended.then(() => (closed = true));
    await Promise.resolve();
    expect(closed).toBe(false);
    commit.resolve();
    await expect(ended).resolves.toBe(true);
  });

  it('that failed is reported at the end, also when the handler swallowed it', async () => {
    const attempt = new SingleCommit(() => Promise.reject(new Error('no commit')), never);
    // As a careless handler does.
    await attempt.transact(nothing).catch(() => undefined);
    await expect(attempt.close()).rejects.toThrow('no commit');
  });
});

describe('a handler', () => {
  const route = { handler: 'Courier.book', timeoutMs: 500 } as Route;

  it('that ends in time has its own end', async () => {
    await expect(untilAborted(nothing(), { signal: never, stop: never, route })).resolves.toBeUndefined();
    const failed = Promise.reject(new Error('its own'));
    await expect(untilAborted(failed, { signal: never, stop: never, route })).rejects.toThrow('its own');
  });

  it('that ignores its deadline is given up, by name', async () => {
    const hanging = new Promise<void>(() => undefined);
    const ended = untilAborted(hanging, { signal: AbortSignal.abort(), stop: never, route });
    await expect(ended).rejects.toThrow('Courier.book did not end in 500 ms.');
  });

  it('that is given up because the process stops has not failed', async () => {
    const stop = AbortSignal.abort();
    const ended = untilAborted(new Promise<void>(() => undefined), { signal: stop, stop, route });
    await expect(ended).rejects.toThrow(HandlerAbandoned);
  });
});
