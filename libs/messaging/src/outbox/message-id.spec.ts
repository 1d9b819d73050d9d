import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivedMessageId, newMessageId } from './message-id.ts';

/** RFC 9562: version 7, variant 10. */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('a message id', () => {
  it('is a UUID of version 7 that carries its time', () => {
    fc.assert(
      fc.property(moment, (now) => {
        const id = newMessageId(now);
        expect(id).toMatch(UUID_V7);
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
      }),
    );
  });

  it('sorts behind those of earlier milliseconds', () => {
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        fc.pre(a < b);
        expect(newMessageId(a) < newMessageId(b)).toBe(true);
      }),
    );
  });

  it('is never made twice, also within one millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => newMessageId(1_700_000_000_000));
    expect(new Set(ids).size).toBe(10_000);
  });
});

describe('the id of what a handler publishes', () => {
  const cause = { consumer: 'payment', stream: 'ORDERS', messageId: 'm1' };

  it('is a UUID of version 8 that is the same each time', () => {
    const id = derivedMessageId(cause, 'payment.captured.v1', 1);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(derivedMessageId({ ...cause }, 'payment.captured.v1', 1)).toBe(id);
  });

  it('differs for another consumer, stream, cause, type or number', () => {
    const ids = [
      derivedMessageId(cause, 'a', 1),
      derivedMessageId({ ...cause, consumer: 'notification' }, 'a', 1),
      derivedMessageId({ ...cause, stream: 'PAYMENTS' }, 'a', 1),
      derivedMessageId({ ...cause, messageId: 'm2' }, 'a', 1),
      derivedMessageId(cause, 'b', 1),
      derivedMessageId(cause, 'a', 2),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
