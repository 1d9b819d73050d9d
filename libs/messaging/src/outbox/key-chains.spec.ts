import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { KeyChains } from './key-chains.ts';
import type { PublishedMark, UnpublishedRow } from './relay-store.ts';

const row = (id: number, key: string): UnpublishedRow => ({
  id,
  key,
  message_id: `m${id}`,
  stream: 'S',
  subject: `s.${key}.happened`,
  headers: {},
  payload: '',
});

/** What is being published: the test answers for the broker. */
let asked: { id: number; take: () => void; refuse: () => void }[];
let taken: PublishedMark[];
let chains: KeyChains;

beforeEach(() => {
  asked = [];
  taken = [];
  chains = new KeyChains({
    send: ([first], sent) =>
      new Promise((resolve, reject) => {
        const id = first?.id ?? 0;
        const take = (): void => {
          sent({ id, sequence: id * 10 });
          resolve();
        };
        asked.push({ id, take, refuse: () => reject(new Error('refused')) });
      }),
    sent: (mark) => taken.push(mark),
    failed: () => undefined,
    freed: () => undefined,
  });
});

const under = (id: number): { take: () => void; refuse: () => void } => {
  const found = asked.find((one) => one.id === id);
  if (found === undefined) throw new Error(`row ${id} was not sent`);
  return found;
};
const idsAsked = (): number[] => asked.map(({ id }) => id);
const untilAsked = (id: number): Promise<unknown> =>
  eventually(() => idsAsked().includes(id), { what: `row ${id} is sent` });

describe('rows of a key', () => {
  it('go one after the other, those of other keys beside them', async () => {
    chains.beginLook();
    chains.add([row(1, 'a'), row(2, 'a'), row(3, 'b')]);
    expect(idsAsked()).toEqual([1, 3]);
    under(1).take();
    await untilAsked(2);
  });

  it('that are read while earlier ones are under way go behind them', async () => {
    chains.beginLook();
    chains.add([row(1, 'a')]);
    expect(chains.beginLook().ids).toEqual([1]);
    chains.add([row(2, 'a')]);
    expect(idsAsked()).toEqual([1]);
    under(1).take();
    await untilAsked(2);
  });

  it('that are read in the moment in which the last one was taken are not left behind', async () => {
    chains.beginLook();
    chains.add([row(1, 'a')]);
    under(1).take();
    chains.add([row(2, 'a')]);
    await untilAsked(2);
    expect(idsAsked()).toEqual([1, 2]);
  });

  it('stay under way until they are marked', () => {
    chains.beginLook();
    chains.add([row(1, 'a')]);
    under(1).take();
    expect(taken).toEqual([{ id: 1, sequence: 10 }]);
    expect(chains.beginLook().ids).toEqual([1]);
    expect(chains.idle).toBe(false);
    chains.marked(taken);
    expect(chains.beginLook().ids).toEqual([]);
    expect(chains.idle).toBe(true);
  });
});

describe('a row that the broker refuses', () => {
  it('is given back with all behind it, and its key is left out for a while', async () => {
    chains.beginLook();
    chains.add([row(1, 'a'), row(2, 'a'), row(3, 'b')]);
    under(1).refuse();
    await eventually(() => chains.failing, { what: 'the failure is known' });
    expect(chains.beginLook()).toEqual({ ids: [3], keys: ['a'] });
    const lookAgain = (): boolean => {
      chains.endOverduePauses();
      return chains.beginLook().keys.length === 0;
    };
    await eventually(lookAgain, { what: 'the pause is over' });
    chains.add([row(1, 'a'), row(2, 'a')]);
    expect(idsAsked()).toEqual([1, 3, 1]);
  });

  it('takes a place as long as its key pauses, so that a stream that is full does not have the whole backlog read', async () => {
    const refused = Array.from({ length: 3_000 }, (_, n) => row(n + 1, `key-${n}`));
    chains.beginLook();
    chains.add(refused);
    for (const { refuse } of asked) refuse();
    await eventually(() => chains.idle, { what: 'all are given back' });
    expect(chains.hasRoom).toBe(false);
    chains.startOver();
    expect([chains.hasRoom, chains.failing]).toEqual([true, false]);
  });

  it('is not overtaken by a later one that was being read at that moment', async () => {
    chains.beginLook();
    chains.add([row(1, 'a')]);
    chains.beginLook();
    under(1).refuse();
    await eventually(() => chains.failing, { what: 'the failure is known' });
    chains.startOver();
    chains.add([row(2, 'a'), row(3, 'b')]);
    expect(idsAsked()).toEqual([1, 3]);
    chains.beginLook();
    chains.add([row(1, 'a'), row(2, 'a')]);
    expect(idsAsked()).toEqual([1, 3, 1]);
  });
});

describe('a key with a long backlog', () => {
  it('gets no more rows until some are published, so that others have room', async () => {
    chains.beginLook();
    chains.add(Array.from({ length: 1_000 }, (_, n) => row(n + 1, 'hot')));
    expect(chains.beginLook().keys).toEqual(['hot']);
    expect([chains.wantsMore, chains.hasRoom]).toEqual([false, true]);
    under(1).take();
    await untilAsked(2);
    expect(chains.wantsMore).toBe(true);
    expect(chains.beginLook().keys).toEqual([]);
    expect(chains.wantsMore).toBe(false);
  });
});
