import { describe, expect, it } from '@jest/globals';
import { testConfig } from './config.test-support.ts';

describe('the configuration of the notification service', () => {
  it.each(['orders@shop.example', 'Shop <orders@shop.example>'])('takes %s as sender', (sender) => {
    expect(testConfig({ MAIL_FROM: sender }).mailFrom).toBe(sender);
  });

  it.each(['shop', 'orders@', 'Shop <orders>', 'a@b.example\r\nBcc: c@d.example'])(
    'refuses %j as sender',
    (sender) => {
      expect(() => testConfig({ MAIL_FROM: sender })).toThrow('MAIL_FROM');
    },
  );

  it('names every variable that is missing or wrong at once', () => {
    expect(() => testConfig({ SMTP_URL: '', SMTP_TIMEOUT_MS: '0' })).toThrow(/SMTP_URL[^]*SMTP_TIMEOUT_MS/);
  });
});
