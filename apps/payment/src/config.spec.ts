import { describe, expect, it } from '@jest/globals';
import { testConfig } from './config.test-support.ts';

describe('the configuration of the payment service', () => {
  it('waits as long as an order waits for its payment unless told otherwise', () => {
    expect(testConfig().paymentGiveUpMs).toBe(15 * 60_000);
  });

  it('names every variable that is missing or wrong at once', () => {
    expect(() => testConfig({ PAYMENT_PROVIDER_URL: '', PAYMENT_GIVE_UP_MS: 'soon' })).toThrow(
      /PAYMENT_PROVIDER_URL[^]*PAYMENT_GIVE_UP_MS/,
    );
  });
});
