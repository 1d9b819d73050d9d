import { describe, expect, it } from '@jest/globals';
import { headers, type MsgHdrsImpl } from '@nats-io/transport-node';
import fc from 'fast-check';
import type { ReceivedMessage } from '../message/received-message.ts';
import { natsHeaders } from '../publisher/nats-headers.ts';
import { receivedMessage, inertDelivery } from '../testing/received-message.test-support.ts';
import { originalHeaders, withoutHeaders } from '../message/message-headers.ts';
import { type DeadLetterDetails, deadLetterRow } from './dead-letter-row.ts';

/** nats-server refuses more (10097). */
const SERVER_LIMIT = 65_536;

const DETAILS: DeadLetterDetails = { reason: 'failed', attempts: 3, history: [], deaths: 1 };

/** As the client reads them from the wire. */
function withHeaders(values: readonly (readonly [string, string])[]): ReceivedMessage {
  const wanted = headers();
  for (const [name, value] of values) wanted.append(name, value);
  return receivedMessage('u1', { delivery: { ...inertDelivery(), headers: wanted } });
}

const sizeOf = (held: ReceivedMessage, details = DETAILS): number => {
  const { messageId, stream, subject, payload, headers: copied } = deadLetterRow('payment', held, details);
  const data = new TextEncoder().encode(payload);
  const sent = natsHeaders({ messageId, stream, subject, headers: copied, payload: data });
  return (sent as MsgHdrsImpl).encode().length;
};

const piece = fc.constantFrom(
  'a',
  ' ',
  '\u{1F600}',
  '\ud83d',
  '\ude00',
  '\0',
  '\t',
  'é',
  '"',
  '\\',
  '\u2028',
);
const nasty = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 }))
  .map(([parts, times]) => parts.join('').repeat(times));
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);

describe('the copy of a dead letter', () => {
  it('has headers that the broker and the database take, whatever the original ones are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, nasty), { maxLength: 60 }),
        fc.array(nasty, { maxLength: 20 }),
        (values, errors) => {
          const history = errors.map((error) => ({ at: '2026-01-01T00:00:00.000Z', error }));
          const held = withHeaders(values);
          const details = { ...DETAILS, reason: errors.join(''), history };
          expect(sizeOf(held, details)).toBeLessThan(SERVER_LIMIT);
          const copied = deadLetterRow('payment', held, details).headers;
          for (const value of Object.values(copied)) {
            expect(value.isWellFormed()).toBe(true);
            expect(value).not.toMatch(/[\0\r\n]/);
          }
          for (const value of Object.values(originalHeaders(held))) expect(value.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('drops the longest of the original headers first, and says how many', () => {
    const values = Array.from({ length: 15 }, (_, n) => [`x-note-${n}`, 'x'.repeat(4_090)] as const);
    const held = withHeaders([['ce-type', 'order.created.v1'], ...values]);
    const copied = deadLetterRow('payment', held, DETAILS).headers;
    expect(copied).toMatchObject({ 'ce-type': 'order.created.v1', 'orderflow-reason': 'failed' });
    const kept = Object.keys(copied).filter((header) => header.startsWith('x-note-')).length;
    expect(kept).toBeGreaterThan(10);
    expect(copied['orderflow-headers-dropped']).toBe(String(15 - kept));
    expect(sizeOf(held)).toBeLessThan(SERVER_LIMIT);
  });

  it('has all of 200 short headers', () => {
    const held = withHeaders(Array.from({ length: 200 }, (_, n) => [`x-${n}`, 'short'] as const));
    const copied = deadLetterRow('payment', held, DETAILS).headers;
    expect(Object.keys(copied).filter((header) => header.startsWith('x-'))).toHaveLength(200);
    expect(copied).not.toHaveProperty('orderflow-headers-dropped');
  });

  it('keeps our own headers when the original has some of their names', () => {
    const held = withHeaders([['orderflow-reason', 'forged']]);
    expect(deadLetterRow('payment', held, DETAILS).headers['orderflow-reason']).toBe('failed');
  });
});

describe('a message without its headers', () => {
  it('keeps its body, and its type if that is plain', () => {
    const held = withHeaders([
      ['ce-type', 'order.created.v1'],
      ['x-note', 'x'],
    ]);
    const bare = withoutHeaders(held);
    expect(originalHeaders(bare)).toEqual({ 'ce-type': 'order.created.v1' });
    expect(bare.delivery.data).toBe(held.delivery.data);
    expect(originalHeaders(withoutHeaders(withHeaders([['ce-type', '\ud83d']])))).toEqual({});
  });
});
