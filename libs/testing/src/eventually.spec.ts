import { describe, expect, it } from '@jest/globals';
import { eventually, within } from './eventually.ts';

describe('eventually', () => {
  it('returns the first answer that is one', async () => {
    const answers = [undefined, null, false, 'done'];
    await expect(eventually(() => answers.shift(), { what: 'an answer' })).resolves.toBe('done');
  });

  it('takes zero and the empty string for answers', async () => {
    await expect(eventually(() => 0, { what: 'a number' })).resolves.toBe(0);
    await expect(eventually(() => '', { what: 'a text' })).resolves.toBe('');
  });

  it('asks again after an assertion that does not hold yet', async () => {
    let count = 0;
    const probe = (): boolean => {
      count += 1;
      expect(count).toBeGreaterThan(2);
      return true;
    };
    await eventually(probe, { what: 'the third look' });
    expect(count).toBe(3);
  });

  it('fails with what did not happen, the last error, and that error as cause', async () => {
    const cause = new Error('still empty');
    const waiting = within(20, 'the stream has messages', () => Promise.reject(cause));
    await expect(waiting).rejects.toMatchObject({
      message: 'Not within 20 ms: the stream has messages. At the last look: still empty',
      cause,
    });
  });
});
