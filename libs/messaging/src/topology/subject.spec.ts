import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defineStream } from '../contract/stream-definition.ts';
import { assertKey, filterSubject, parseStoredSubject, publishSubject, streamSubjects } from './subject.ts';

const ORDERS = defineStream({ name: 'ORDERS', prefix: 'order', owner: 'order' });

describe('a key', () => {
  it.each(['u1', 'A-b_c', 'ünïcödé', '日本', '😀', '$', 'x'.repeat(128)])('may be "%s"', (key) => {
    expect(() => assertKey(key)).not.toThrow();
    expect(publishSubject(ORDERS, key, 'created')).toBe(`order.${key}.created`);
  });

  it.each(['', '.', 'a.b', '*', '>', 'a b', 'a\tb', 'a\nb', 'a\r\nb', 'a\u0000b', '\u007f', 'x'.repeat(129)])(
    'must not be %j, which could change the shape of a subject',
    (key) => {
      expect(() => publishSubject(ORDERS, key, 'created')).toThrow(
        expect.objectContaining({ code: 'KEY_INVALID' }),
      );
    },
  );

  it('never adds a token to a subject, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        try {
          expect(publishSubject(ORDERS, key, 'created').split('.')).toHaveLength(3);
        } catch (error) {
          expect(error).toMatchObject({ code: 'KEY_INVALID' });
        }
      }),
    );
  });
});

describe('a stored subject', () => {
  it('is read back into partition, key and event', () => {
    expect(parseStoredSubject('order.7.u1.created')).toEqual({ partition: 7, key: 'u1', event: 'created' });
  });

  it.each([
    'order.u1.created',
    'order.x.u1.created',
    'order.-1.u1.created',
    'order.7.u1.created.more',
    'order',
    '',
  ])('of the form "%s" is none of ours', (subject) => {
    expect(parseStoredSubject(subject)).toBeUndefined();
  });
});

describe('the subjects of a stream', () => {
  it('take in each key and event, and are filtered by partition and event', () => {
    expect(streamSubjects(ORDERS)).toBe('order.*.*');
    expect(filterSubject(ORDERS, 3, 'created')).toBe('order.3.*.created');
    expect(filterSubject(ORDERS, '*', 'created')).toBe('order.*.*.created');
  });
});
