import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { KeyChains, type Setback } from './key-chains.ts';
import type { PublishedMark, WaitingRow } from './relay-store.ts';

const row = (id: number, key: string, payload = ''): WaitingRow => ({
  id,
  key,
  message_id: `m${id}`,
  stream: 'S',
  subject: `s.${key}.happened`,
  headers: {},
  payload,
});
const rows = (count: number, key: string, from = 1): WaitingRow[] =>
  Array.from({ length: count }, (_, n) => row(from + n, key));

/** What is being published: the test answers for the broker. */
let asked: { id: number; take: () => void; refuse: () => void }[];
let taken: PublishedMark[];
let setback: Setback;
let failures: number;
let chains: KeyChains;

beforeEach(() => {
  asked = [];
  taken = [];
  setback = 'again';
  failures = 0;
  chains = new KeyChains({
    budget: { rows: 3_000, bytes: 10_000_000 },
    send: ([first], sent) =>
      new Promise((resolve, reject) => {
        if (first === undefined) return;
        const { id } = first;
        const take = (): void => {
          sent(first, { stream: 'S', sequence: id * 10, duplicate: false });
          resolve();
        };
        asked.push({ id, take, refuse: () => reject(new Error('refused')) });
      }),
    sent: (mark) => taken.push(mark),
    halted: () => false,
    failed: () => {
      failures++;
      return Promise.resolve(setback);
    },
    freed: () => undefined,
  });
});

const under = (id: number): { take: () => void; refuse: () => void } => {
  const found = asked.findLast((one) => one.id === id);
  if (found === undefined) throw new Error(`row ${id} was not sent`);
  return found;
};
const idsAsked = (): number[] => asked.map(({ id }) => id);
const untilAsked = (id: number): Promise<unknown> =>
  eventually(() => idsAsked().includes(id), { what: `row ${id} is sent` });
const refuse = async (id: number): Promise<void> => {
  const before = failures;
  under(id).refuse();
  await eventually(() => failures > before && !chains.exclusions.ids.includes(id), {
    what: 'it is given back',
  });
};

describe('rows of a key', () => {
  it('go one after the other, those of other keys beside them', async () => {
    chains.add([row(1, 'a'), row(2, 'a'), row(3, 'b')]);
    expect(idsAsked()).toEqual([1, 3]);
    under(1).take();
    await untilAsked(2);
  });

  it('that are read while earlier ones are under way go behind them', async () => {
    chains.add([row(1, 'a')]);
    expect(chains.exclusions.ids).toEqual([1]);
    chains.add([row(2, 'a')]);
    expect(idsAsked()).toEqual([1]);
    under(1).take();
    await untilAsked(2);
  });

  it('that are read in the moment in which the last one was taken are not left behind', async () => {
    chains.add([row(1, 'a')]);
    under(1).take();
    chains.add([row(2, 'a')]);
    await untilAsked(2);
    expect(idsAsked()).toEqual([1, 2]);
  });

  it('stay under way until they are marked', () => {
    chains.add([row(1, 'a')]);
    under(1).take();
    expect(taken).toEqual([{ id: 1, messageId: 'm1', sequence: 10 }]);
    expect(chains.exclusions.ids).toEqual([1]);
    expect(chains.idle).toBe(false);
    chains.marked(taken);
    expect(chains.exclusions.ids).toEqual([]);
    expect(chains.idle).toBe(true);
  });
});

describe('a row that is not taken', () => {
  it('is given back with all behind it, and its key is read by itself from there', async () => {
    chains.add([row(1, 'a'), row(2, 'a'), row(3, 'b')]);
    await refuse(1);
    expect(chains.exclusions).toEqual({ ids: [3], keys: ['a'] });
    expect(chains.wanted).toEqual([{ key: 'a', after: 0 }]);
    chains.addOfKeys(chains.wanted, { rows: [row(1, 'a'), row(2, 'a')], done: [] });
    expect(idsAsked()).toEqual([1, 3, 1]);
    expect(chains.wanted).toEqual([]);
    under(1).take();
    await untilAsked(2);
    under(2).take();
    await eventually(() => chains.wanted.length === 1, { what: 'it wants more' });
    expect(chains.wanted).toEqual([{ key: 'a', after: 2 }]);
    chains.addOfKeys(chains.wanted, { rows: [], done: ['a'] });
    expect(chains.exclusions.keys).toEqual([]);
  });

  it('makes its key alone pause, when it is only the key that is not taken', async () => {
    setback = 'pause';
    chains.add([row(1, 'a'), row(2, 'b')]);
    await refuse(1);
    expect(chains.wanted).toEqual([]);
    await eventually(() => chains.wanted.length === 1, { what: 'the pause is over' });
  });

  it('is not overtaken by a later one that was being read at that moment', async () => {
    chains.add([row(1, 'a')]);
    await refuse(1);
    chains.add([row(2, 'a'), row(3, 'b')]);
    expect(idsAsked()).toEqual([1, 3]);
  });

  it('is not overtaken by a later one of its key that was being read by itself at that moment', async () => {
    chains.add([row(1, 'a')]);
    await refuse(1);
    const first = chains.wanted;
    chains.addOfKeys(first, { rows: [row(1, 'a')], done: [] });
    const second = chains.wanted;
    asked.at(-1)?.refuse();
    await eventually(() => failures === 2 && chains.idle, { what: 'it is given back' });
    chains.addOfKeys(second, { rows: [row(2, 'a')], done: [] });
    expect(idsAsked()).toEqual([1, 1]);
    expect(chains.wanted).toEqual([{ key: 'a', after: 0 }]);
  });

  it('makes its key wait for an operator when it will never be taken, and others go on', async () => {
    setback = 'block';
    chains.add([row(1, 'a'), row(2, 'a'), row(3, 'b')]);
    await refuse(1);
    chains.add([row(4, 'a'), row(5, 'c')]);
    expect(idsAsked()).toEqual([1, 3, 5]);
    expect([chains.wanted, [...chains.blocked]]).toEqual([[], ['a']]);
    // Retried or discarded: all of the key is read again.
    chains.block(new Set());
    expect(chains.wanted).toEqual([{ key: 'a', after: 0 }]);
  });

  it('is passed over when it may be dropped', async () => {
    setback = 'skip';
    chains.add([row(1, 'a'), row(2, 'a')]);
    await refuse(1);
    expect(chains.wanted).toEqual([{ key: 'a', after: 1 }]);
  });
});

describe('a key with a long backlog', () => {
  it('gets no more rows than its share, is left out of looks, and is read by itself when all of them are sent', async () => {
    chains.add(rows(1_200, 'hot'));
    expect(chains.exclusions.keys).toEqual(['hot']);
    expect(chains.exclusions.ids).toHaveLength(1_000);
    expect(chains.wanted).toEqual([]);
    for (let id = 1; id <= 1_000; id++) {
      expect(chains.wanted).toEqual([]);
      await untilAsked(id);
      under(id).take();
    }
    await eventually(() => chains.wanted.length === 1, { what: 'it wants more' });
    expect(chains.wanted).toEqual([{ key: 'hot', after: 1_000 }]);
  });

  it('counts in bytes as well as in rows', () => {
    chains.add(Array.from({ length: 8 }, (_, n) => row(n + 1, 'large', 'x'.repeat(900_000))));
    expect(chains.exclusions.ids).toHaveLength(5);
    expect(chains.room.bytes).toBeLessThan(6_000_000);
  });
});

describe('the lowest number that may wait', () => {
  it('is below what is under way and what is to be read again', async () => {
    chains.add([row(5, 'a'), row(7, 'b')]);
    expect(chains.lowest(20)).toBe(4);
    await refuse(5);
    under(7).take();
    chains.marked(taken);
    expect(chains.lowest(20)).toBe(4);
  });
});
