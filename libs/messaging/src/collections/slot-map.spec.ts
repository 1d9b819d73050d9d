import { describe, expect, it } from '@jest/globals';
import { promotedBytes } from '@orderflow/testing';
import { SlotMap } from './slot-map.ts';

interface Thing {
  n: number;
}

const thing = (n: number): Thing => ({ n });

describe('a slot map', () => {
  it('finds what was set, as it was set last, in the order of its keys', () => {
    const map = new SlotMap<string, Thing>();
    map.set('a', thing(1));
    map.set('b', thing(2));
    map.set('a', thing(3));
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([thing(3), thing(2), undefined, 2]);
    expect([...map.entries()]).toEqual([
      ['a', thing(3)],
      ['b', thing(2)],
    ]);
    expect(map.values()).toEqual([thing(3), thing(2)]);
  });

  it('gives the place of what was deleted to the next, and nothing of it', () => {
    const map = new SlotMap<string, Thing>();
    for (const [n, key] of ['a', 'b', 'c'].entries()) map.set(key, thing(n));
    expect([map.delete('b'), map.delete('b')]).toEqual([true, false]);
    map.set('d', thing(9));
    expect([...map.entries()]).toEqual([
      ['a', thing(0)],
      ['c', thing(2)],
      ['d', thing(9)],
    ]);
    expect(map.get('b')).toBeUndefined();
  });

  it('may lose entries while it is gone through', () => {
    const map = new SlotMap<number, Thing>();
    for (let n = 0; n < 10; n++) map.set(n, thing(n));
    const seen = [];
    for (const [key, { n }] of map.entries()) {
      seen.push(n);
      map.delete(key);
    }
    expect([seen.length, map.size]).toEqual([10, 0]);
  });

  it('is empty when it was cleared, and can be used again', () => {
    const map = new SlotMap<string, Thing>();
    map.set('a', thing(1));
    map.clear();
    expect([map.size, map.get('a'), map.values()]).toEqual([0, undefined, []]);
    map.set('b', thing(2));
    expect(map.values()).toEqual([thing(2)]);
  });

  it('leaves what has come and gone to the young collections, which a Map does not', async () => {
    const slots = await promotedBytes(comeAndGo(new SlotMap<number, object>()));
    const entries = await promotedBytes(comeAndGo(new Map<number, object>()));
    // A quarter of it as a rule, but how much of the other is moved depends on when collections happen to come.
    expect(slots).toBeLessThan(entries / 2);
  });
});

/** About 1 KiB each, 30 there at a time, 300 MB in all. */
function comeAndGo(
  map: Pick<SlotMap<number, object>, 'delete'> & { set(key: number, value: object): unknown },
): () => void {
  return () => {
    for (let n = 0; n < 300_000; n++) {
      map.set(
        n,
        Array.from({ length: 60 }, (_, k) => n + k),
      );
      map.delete(n - 30);
    }
  };
}
