import { expect, it } from '@jest/globals';
import { ANSWER_PATIENCE_MS, PATIENCE_MS, TEST_PATIENCE_MS } from './patience.ts';

it('a test outlasts the conditions in it, and a condition the requests in it', async () => {
  const config = new URL('../../../jest.config.mjs', import.meta.url);
  expect(await import(config.href)).toMatchObject({ default: { testTimeout: TEST_PATIENCE_MS } });
  expect(TEST_PATIENCE_MS).toBeGreaterThan(2 * PATIENCE_MS);
  expect(PATIENCE_MS).toBeGreaterThan(2 * ANSWER_PATIENCE_MS);
});
