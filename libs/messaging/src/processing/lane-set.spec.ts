import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { receivedMessage, inertDelivery } from '../testing/received-message.test-support.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Run } from '../deferred/deferred-store.ts';
import type { LaneMove } from './lane-moves.ts';
import { LaneSet } from './lane-set.ts';
import { type Outcome, SETTLED } from './settlement.ts';

let lanes: LaneSet;
let ready: number;
let moves: LaneMove[];
let hungry: string[];

beforeEach(() => {
  ready = 0;
  moves = [];
  hungry = [];
  lanes = new LaneSet((held) => (held.event === 'external' ? 'alone' : 'batch'), {
    onReady: () => ready++,
    onMove: (move) => moves.push(move),
    onHungry: (key) => hungry.push(key),
  });
});

const add = (...messages: ReceivedMessage[]): ReceivedMessage[] => {
  for (const held of messages) lanes.add(held);
  return messages;
};
const external = (key: string): ReceivedMessage => receivedMessage(key, { event: 'external' });
const outcomes = (...entries: [ReceivedMessage | undefined, Outcome][]): Map<ReceivedMessage, Outcome> =>
  new Map(entries.flatMap(([held, outcome]) => (held === undefined ? [] : [[held, outcome] as const])));
const settle = (taken: readonly ReceivedMessage[]): void =>
  lanes.finish(taken, outcomes(...taken.map((held): [ReceivedMessage, Outcome] => [held, SETTLED])));

let row = 0;
const stored = (count: number): ReceivedMessage[] =>
  Array.from({ length: count }, () => receivedMessage('u1', { parkedId: ++row }));
const runOf = (messages: ReceivedMessage[], of: number): Run => ({
  key: 'u1',
  partition: 0,
  messages,
  stored: of,
});
const commit = (move: LaneMove | undefined): void => {
  if (move !== undefined) lanes.finishMove(move, new Map(move.messages.map((held) => [held, ++row])));
};

describe('a lane', () => {
  it("hands out its key's messages in order, and nothing while they run", () => {
    const [a, b] = add(receivedMessage('u1'), receivedMessage('u1'));
    expect(lanes.takeBatch('stream', 100)).toEqual([a, b]);
    const [c] = add(receivedMessage('u1'));
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
    settle([a, b] as ReceivedMessage[]);
    expect(lanes.takeBatch('stream', 100)).toEqual([c]);
  });

  it('is ready again with what had no outcome, in the same order', () => {
    const [a, b, c] = add(receivedMessage('u1'), receivedMessage('u1'), receivedMessage('u1'));
    const taken = lanes.takeBatch('stream', 100);
    lanes.finish(taken, outcomes([a, SETTLED]));
    expect(lanes.takeBatch('stream', 100)).toEqual([b, c]);
  });

  it('keeps an external message alone, before and behind others', () => {
    const [a, b, c] = add(receivedMessage('u1'), external('u1'), receivedMessage('u1'));
    expect(lanes.takeAlone('stream')).toBeUndefined();
    settle(lanes.takeBatch('stream', 100));
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
    const alone = lanes.takeAlone('stream');
    expect(alone).toBe(b);
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
    settle([alone as ReceivedMessage]);
    expect(lanes.takeBatch('stream', 100)).toEqual([c]);
    expect(a).toBeDefined();
  });

  it('gives a busy key no more than its run, so that others fit into the batch', () => {
    const busy = add(...Array.from({ length: 40 }, () => receivedMessage('busy')));
    const [other] = add(receivedMessage('other'));
    expect(lanes.takeBatch('stream', 100)).toEqual([...busy.slice(0, 16), other]);
  });

  it('gives a busy key all that fits if there is no other', () => {
    const busy = add(...Array.from({ length: 40 }, () => receivedMessage('busy')));
    expect(lanes.takeBatch('stream', 100)).toEqual(busy);
  });

  it('takes lanes in the order in which they became ready, up to the limit', () => {
    const messages = add(...['a', 'b', 'c'].map((key) => receivedMessage(key)));
    expect(lanes.takeBatch('stream', 2)).toEqual(messages.slice(0, 2));
    expect(lanes.takeBatch('stream', 2)).toEqual(messages.slice(2));
  });
});

describe('a message that comes again while it is held', () => {
  it('keeps its place and takes the new delivery', () => {
    const [a, b] = add(receivedMessage('u1'), receivedMessage('u1'));
    const again = { ...(a as ReceivedMessage), delivery: inertDelivery() };
    add(again);
    expect(lanes.size).toBe(2);
    expect(lanes.takeBatch('stream', 100)).toEqual([a, b]);
    expect(a?.delivery).toBe(again.delivery);
  });
});

describe('a key that waits for a retry', () => {
  it('holds up what is behind it and nothing else, and is then handled in order', () => {
    jest.useFakeTimers();
    try {
      const [a, b] = add(receivedMessage('u1'), receivedMessage('u1'));
      const taken = lanes.takeBatch('stream', 100);
      lanes.finish(taken, outcomes([a, { state: 'waiting', forMs: 500 }]));
      const [other] = add(receivedMessage('u2'));
      expect(lanes.takeBatch('stream', 100)).toEqual([other]);
      jest.advanceTimersByTime(499);
      expect(lanes.takeBatch('stream', 100)).toEqual([]);
      const before = ready;
      jest.advanceTimersByTime(1);
      expect(ready).toBe(before + 1);
      expect(lanes.takeBatch('stream', 100)).toEqual([a, b]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves for the database with what is behind it when it has to wait for long', () => {
    const [head, behind] = add(receivedMessage('u1'), receivedMessage('u1'));
    lanes.finish(lanes.takeBatch('stream', 100), outcomes([head, { state: 'waiting', forMs: 1_500 }]));
    expect(moves).toEqual([
      expect.objectContaining({ messages: [head, behind], wait: { delayMs: 1_500, dependency: '' } }),
    ]);
    commit(moves[0]);
    expect(lanes.size).toBe(0);
    add(receivedMessage('u1'));
    expect(lanes.takeBatch('stream', 100)).toHaveLength(1);
  });

  it('leaves when its short pauses add up', () => {
    jest.useFakeTimers();
    try {
      const [head] = add(receivedMessage('u1'));
      for (let tries = 0; tries < 2; tries++) {
        lanes.finish(lanes.takeBatch('stream', 100), outcomes([head, { state: 'waiting', forMs: 600 }]));
        expect(moves).toHaveLength(tries);
        jest.advanceTimersByTime(600);
      }
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves at once when many others wait as well', () => {
    const heads = add(...Array.from({ length: 65 }, (_, n) => receivedMessage(`u${n}`)));
    const wait: Outcome = { state: 'waiting', forMs: 100 };
    lanes.finish(
      lanes.takeBatch('stream', 100),
      outcomes(...heads.map((held): [ReceivedMessage, Outcome] => [held, wait])),
    );
    expect(moves.map(({ messages }) => messages)).toEqual([[heads.at(-1)]]);
    for (const held of heads) lanes.drop(held.partition);
  });

  it('leaves when too much has gathered behind it', () => {
    const [head] = add(receivedMessage('u1'));
    lanes.finish(lanes.takeBatch('stream', 100), outcomes([head, { state: 'waiting', forMs: 500 }]));
    const behind = add(...Array.from({ length: 64 }, () => receivedMessage('u1')));
    expect(moves.map(({ messages }) => messages)).toEqual([[head, ...behind]]);
    const [late] = add(receivedMessage('u1'));
    commit(moves[0]);
    // What is in the database comes first.
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
    expect(moves[1]).toMatchObject({ messages: [late], wait: undefined });
  });

  it('leaves when so much was handled behind it that a takeover would bring too much again', () => {
    const [head] = add(receivedMessage('u1'));
    lanes.finish(lanes.takeBatch('stream', 100), outcomes([head, { state: 'waiting', forMs: 900 }]));
    for (let handled = 0; handled < 300; handled += 100) {
      add(...Array.from({ length: 100 }, (_, n) => receivedMessage(`other${n}`)));
      settle(lanes.takeBatch('stream', 100));
    }
    expect(moves.map(({ messages }) => messages)).toEqual([[head]]);
  });

  it('leaves whatever its time when what its handler calls is down', () => {
    const [head] = add(external('u1'));
    lanes.finish(
      [lanes.takeAlone('stream') as ReceivedMessage],
      outcomes([head, { state: 'waiting', forMs: 500, dependency: 'provider' }]),
    );
    expect(moves[0]).toMatchObject({ messages: [head], wait: { delayMs: 0, dependency: 'provider' } });
  });

  it('is tried again from here when the database does not take it', () => {
    jest.useFakeTimers();
    try {
      const [head] = add(receivedMessage('u1'));
      lanes.finish(lanes.takeBatch('stream', 100), outcomes([head, { state: 'waiting', forMs: 1_500 }]));
      lanes.finishMove(moves[0] as LaneMove, undefined);
      expect(lanes.takeBatch('stream', 100)).toEqual([]);
      jest.advanceTimersByTime(1_500);
      expect(lanes.takeBatch('stream', 100)).toEqual([head]);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a key whose handler takes one message at a time', () => {
  it('leaves what is too much behind the running one, which takes its row with it', () => {
    const [head] = add(external('u1'));
    expect(lanes.takeAlone('stream')).toBe(head);
    const behind = add(...Array.from({ length: 64 }, () => external('u1')));
    expect(moves.map(({ messages, wait }) => [messages, wait])).toEqual([[[head, ...behind], undefined]]);
    commit(moves[0]);
    expect(head?.parkedId).toBeDefined();
    expect(lanes.all()).toEqual([head]);
    settle([head as ReceivedMessage]);
    expect(hungry).toEqual(['u1']);
  });

  it('keeps the running one when its effect was committed before', () => {
    const [head] = add(external('u1'));
    lanes.takeAlone('stream');
    add(...Array.from({ length: 64 }, () => external('u1')));
    const [move] = moves;
    const rows = new Map(move?.messages.slice(1).map((held, index) => [held, index + 2]));
    lanes.finishMove(move as LaneMove, rows);
    expect(lanes.all()).toEqual([head]);
    settle([head as ReceivedMessage]);
    expect(lanes.size).toBe(0);
  });
});

describe('messages of the database', () => {
  it('go before those of the stream, which follow when none is left', () => {
    const [late] = add(receivedMessage('u1'));
    const rows = stored(2);
    lanes.load(runOf(rows, 2), 0);
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
    expect(lanes.takeBatch('database', 100)).toEqual([...rows, late]);
  });

  it('go behind those that run', () => {
    const [running] = add(receivedMessage('u1'));
    lanes.takeBatch('stream', 100);
    const rows = stored(1);
    lanes.load(runOf(rows, 1), 0);
    expect(lanes.all()).toEqual([running, ...rows]);
    settle([running as ReceivedMessage]);
    expect(lanes.takeBatch('database', 100)).toEqual(rows);
  });

  it('are asked for again while there are more', () => {
    const rows = stored(2);
    lanes.load(runOf(rows, 3), 0);
    settle(lanes.takeBatch('database', 100));
    expect(hungry).toEqual(['u1']);
    const [last] = stored(1);
    lanes.load(runOf([last as ReceivedMessage], 1), 0);
    settle(lanes.takeBatch('database', 100));
    expect(hungry).toHaveLength(1);
    expect(lanes.size).toBe(0);
  });

  it('keep those of the stream out that would not fit behind them', () => {
    lanes.load(runOf(stored(2), 1_000), 0);
    const [late] = add(receivedMessage('u1'));
    expect(moves).toEqual([expect.objectContaining({ messages: [late], wait: undefined })]);
    expect(lanes.takeBatch('database', 100)).toHaveLength(2);
  });

  it('that were written since they were read are known to be there', () => {
    lanes.load(runOf(stored(2), 1_000), 0);
    const since = lanes.moves;
    add(receivedMessage('u1'));
    commit(moves[0]);
    settle(lanes.takeBatch('database', 100));
    lanes.load(runOf(stored(1), 1), since);
    const [late] = add(receivedMessage('u1'));
    expect(lanes.takeBatch('database', 100)).toHaveLength(1);
    expect(lanes.all()).toContain(late);
    expect(lanes.takeBatch('stream', 100)).toEqual([]);
  });

  it('need not be delivered again', () => {
    const [row] = stored(1);
    lanes.load(runOf([row as ReceivedMessage], 1), 0);
    expect(lanes.add({ ...(row as ReceivedMessage) })).toBe(false);
    expect(lanes.size).toBe(1);
  });

  it('leave the memory when their head has to wait', () => {
    const rows = stored(3);
    lanes.load(runOf(rows, 3), 0);
    const [late] = add(receivedMessage('u1'));
    lanes.finish(lanes.takeBatch('database', 100), outcomes([rows[0], { state: 'waiting', forMs: 5_000 }]));
    expect(moves[0]).toMatchObject({ messages: [late], wait: { delayMs: 5_000 } });
    commit(moves[0]);
    expect(lanes.size).toBe(0);
    expect(lanes.loaded).toEqual({ messages: 0, bytes: 0 });
  });
});

describe('what is held', () => {
  it('is counted until it is settled, by partition and stream too', () => {
    const taken = add(receivedMessage('u1'), receivedMessage('u2', { partition: 3 }));
    expect(lanes.size).toBe(2);
    lanes.takeBatch('stream', 100);
    expect(lanes.all()).toEqual(taken);
    settle(taken);
    expect(lanes.size).toBe(0);
  });

  it('goes with its partition, and what still runs comes to nothing', () => {
    const [a, kept] = add(receivedMessage('u1'), receivedMessage('u2', { partition: 3 }));
    const running = lanes.takeBatch('stream', 1);
    expect(running).toEqual([a]);
    lanes.drop(0);
    expect(lanes.all()).toEqual([kept]);
    // The partition was taken again meanwhile: its new lane must not be touched by the end of the old run.
    const [again] = add({ ...(a as ReceivedMessage) });
    settle(running);
    expect(lanes.size).toBe(2);
    expect(lanes.takeBatch('stream', 100)).toEqual([kept, again]);
  });
});
