import { describe, expect, it } from '@jest/globals';
import { bodyHash, canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: { d: [3, { z: 1, y: 2 }], c: null } }, '{"a":{"c":null,"d":[3,{"y":2,"z":1}]},"b":1}'],
    [[2, 1], '[2,1]'],
    ['text', '"text"'],
    [null, 'null'],
    [undefined, 'null'],
    [{ a: undefined, b: false }, '{"b":false}'],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    [JSON.parse('{"__proto__":{"x":1},"a":1}'), '{"__proto__":{"x":1},"a":1}'],
  ])('%j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe('bodyHash', () => {
  it('is the same for bodies that mean the same', () => {
    expect(bodyHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(
      bodyHash(JSON.parse('{"b":[{"d":3,"c":2}],"a":1.0}')),
    );
  });

  it('differs where order or type matters', () => {
    const hashes = [{ a: [1, 2] }, { a: [2, 1] }, { a: ['1', 2] }, { a: [[1, 2]] }, {}].map((body) =>
      bodyHash(body),
    );
    expect(new Set(hashes).size).toBe(5);
  });

  it('is SHA-256', () => {
    expect(bodyHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
