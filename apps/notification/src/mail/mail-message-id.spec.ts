import { describe, expect, it } from '@jest/globals';
import { mailMessageIdOf } from './mail-message-id.ts';

describe('the Message-ID of a mail', () => {
  it.each(['orders@shop.example', 'Shop <orders@shop.example>'])(
    'is made of the notification and the domain of %s',
    (from) => {
      expect(mailMessageIdOf('6f0f8a3e-93d3-5a55-8f0c-3a1f5f2d7b11', from)).toBe(
        '<6f0f8a3e-93d3-5a55-8f0c-3a1f5f2d7b11@shop.example>',
      );
    },
  );
});
