import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { heldMessage, inertDelivery } from '../testing/held-message.test-support.ts';
import type { HeldMessage } from './held-message.ts';
import { LaneSet } from './lane-set.ts';
import { type Outcome, SETTLED } from './settlement.ts';

let lanes: LaneSet;
let ready: number;
let overflowed: HeldMessage[][];

beforeEach(() => {
  ready = 0;
  overflowed = [];
  lanes = new LaneSet((held) => (held.event === 'external' ? 'alone' : 'batch'), {
    onReady: () => ready++,
    onOverflow: (messages) => overflowed.push(messages),
  });
});

const add = (...messages: HeldMessage[]): HeldMessage[] => {
  for (const held of messages) lanes.add(held);
  return messages;
};
const external = (key: string): HeldMessage => heldMessage(key, { event: 'external' });
const outcomes = (...entries: [HeldMessage | undefined, Outcome][]): Map<HeldMessage, Outcome> =>
  new Map(entries.flatMap(([held, outcome]) => (held === undefined ? [] : [[held, outcome] as const])));
const settle = (taken: readonly HeldMessage[]): void =>
  lanes.finish(taken, outcomes(...taken.map((held): [HeldMessage, Outcome] => [held, SETTLED])));

describe('a lane', () => {
  it("hands out its key's messages in order, and nothing while they run", () => {
    const [a, b] = add(heldMessage('u1'), heldMessage('u1'));
    expect(lanes.takeBatch(100)).toEqual([a, b]);
    const [c] = add(heldMessage('u1'));
    expect(lanes.takeBatch(100)).toEqual([]);
    settle([a, b] as HeldMessage[]);
    expect(lanes.takeBatch(100)).toEqual([c]);
  });

  it('is ready again with what had no outcome, in the same order', () => {
    const [a, b, c] = add(heldMessage('u1'), heldMessage('u1'), heldMessage('u1'));
    const taken = lanes.takeBatch(100);
    lanes.finish(taken, outcomes([a, SETTLED]));
    expect(lanes.takeBatch(100)).toEqual([b, c]);
  });

  it('keeps an external message alone, before and behind others', () => {
    const [a, b, c] = add(heldMessage('u1'), external('u1'), heldMessage('u1'));
    expect(lanes.takeAlone()).toBeUndefined();
    settle(lanes.takeBatch(100));
    expect(lanes.takeBatch(100)).toEqual([]);
    const alone = lanes.takeAlone();
    expect(alone).toBe(b);
    expect(lanes.takeBatch(100)).toEqual([]);
    settle([alone as HeldMessage]);
    expect(lanes.takeBatch(100)).toEqual([c]);
    expect(a).toBeDefined();
  });

  it('gives a busy key no more than its run, so that others fit into the batch', () => {
    const busy = add(...Array.from({ length: 40 }, () => heldMessage('busy')));
    const [other] = add(heldMessage('other'));
    expect(lanes.takeBatch(100)).toEqual([...busy.slice(0, 16), other]);
  });

  it('takes lanes in the order in which they became ready, up to the limit', () => {
    const messages = add(...['a', 'b', 'c'].map((key) => heldMessage(key)));
    expect(lanes.takeBatch(2)).toEqual(messages.slice(0, 2));
    expect(lanes.takeBatch(2)).toEqual(messages.slice(2));
  });
});

describe('a message that comes again while it is held', () => {
  it('keeps its place and takes the new delivery', () => {
    const [a, b] = add(heldMessage('u1'), heldMessage('u1'));
    const again = { ...(a as HeldMessage), delivery: inertDelivery() };
    add(again);
    expect(lanes.size).toBe(2);
    expect(lanes.takeBatch(100)).toEqual([a, b]);
    expect(a?.delivery).toBe(again.delivery);
  });
});

describe('a key that waits for a retry', () => {
  it('holds up what is behind it and nothing else, and is then handled in order', () => {
    jest.useFakeTimers();
    try {
      const [a, b] = add(heldMessage('u1'), heldMessage('u1'));
      const taken = lanes.takeBatch(100);
      lanes.finish(taken, outcomes([a, { state: 'waiting', forMs: 500 }]));
      const [other] = add(heldMessage('u2'));
      expect(lanes.takeBatch(100)).toEqual([other]);
      jest.advanceTimersByTime(499);
      expect(lanes.takeBatch(100)).toEqual([]);
      const before = ready;
      jest.advanceTimersByTime(1);
      expect(ready).toBe(before + 1);
      expect(lanes.takeBatch(100)).toEqual([a, b]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is moved into the database when too much has gathered behind it', () => {
    const [head] = add(heldMessage('u1'));
    lanes.finish(lanes.takeBatch(100), outcomes([head, { state: 'waiting', forMs: 60_000 }]));
    const behind = add(...Array.from({ length: 64 }, () => heldMessage('u1')));
    expect(overflowed).toEqual([[head, ...behind]]);
    const [late] = add(heldMessage('u1'));
    settle(overflowed[0] ?? []);
    expect(lanes.takeBatch(100)).toEqual([late]);
  });
});

describe('what is held', () => {
  it('is counted until it is settled, by partition and stream too', () => {
    const taken = add(heldMessage('u1'), heldMessage('u2', { partition: 3 }));
    expect(lanes.size).toBe(2);
    lanes.takeBatch(100);
    expect(lanes.all()).toEqual(taken);
    settle(taken);
    expect(lanes.size).toBe(0);
  });

  it('goes with its partition, and what still runs comes to nothing', () => {
    const [a, kept] = add(heldMessage('u1'), heldMessage('u2', { partition: 3 }));
    const running = lanes.takeBatch(1);
    expect(running).toEqual([a]);
    lanes.drop(0);
    expect(lanes.all()).toEqual([kept]);
    // The partition was taken again meanwhile: its new lane must not be touched by the end of the old run.
    const [again] = add({ ...(a as HeldMessage) });
    settle(running);
    expect(lanes.size).toBe(2);
    expect(lanes.takeBatch(100)).toEqual([kept, again]);
  });
});

it('a lane that grew too long while its head was being tried is moved when the head has to wait', () => {
  const [head] = add(heldMessage('u1'));
  const taken = lanes.takeBatch(100);
  add(...Array.from({ length: 70 }, () => heldMessage('u1')));
  expect(overflowed).toEqual([]);
  lanes.finish(taken, outcomes([head, { state: 'waiting', forMs: 60_000 }]));
  expect(overflowed.map((messages) => messages.length)).toEqual([71]);
});
