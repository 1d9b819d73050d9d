import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { deadline } from './deadline.ts';

const never = (): AbortSignal => new AbortController().signal;

describe('a deadline', () => {
  it('aborts its signal when the time is over, as AbortSignal.timeout does', async () => {
    const { signal } = deadline(1, never());
    await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('aborts its signal with the one that it was given', () => {
    const stop = new AbortController();
    const { signal, clear } = deadline(60_000, stop.signal);
    stop.abort();
    expect(signal.aborted).toBe(true);
    clear();
  });

  it('that was cleared leaves its signal alone', async () => {
    const { signal, clear } = deadline(1, never());
    clear();
    await once(deadline(10, never()).signal, 'abort');
    expect(signal.aborted).toBe(false);
  });
});
