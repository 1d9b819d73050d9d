import { expect, it } from '@jest/globals';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import type { LaneMove } from './lane-moves.ts';
import { LaneSet } from './lane-set.ts';

it('what follows a running message is not written to the database before it, which may have to go behind the rows of its key', () => {
  const moves: LaneMove[] = [];
  const lanes = new LaneSet(() => 'batch', {
    onReady: () => undefined,
    onMove: (move) => moves.push(move),
    onHungry: () => undefined,
  });
  const [running, late] = [receivedMessage('u1'), receivedMessage('u1')];
  lanes.add(running);
  expect(lanes.takeBatch('stream', 100)).toEqual([running]);
  lanes.add(late);
  const rows = [receivedMessage('u1', { parkedId: 1 })];
  lanes.load({ key: 'u1', partition: 0, messages: rows, stored: 1_000 }, lanes.moves);
  const [move] = moves;
  expect(move?.messages).toEqual([running, late]);
  lanes.finishMove(
    move as LaneMove,
    new Map([
      [running, 1_001],
      [late, 1_002],
    ]),
  );
  expect(running.parkedId).toBe(1_001);
  expect(lanes.all()).toEqual([running, ...rows]);
});

it('what comes from the stream is appended to what waits in the database, and does not run before that is due', () => {
  const moves: LaneMove[] = [];
  const hungry: string[] = [];
  const lanes = new LaneSet(() => 'batch', {
    onReady: () => undefined,
    onMove: (move) => moves.push(move),
    onHungry: (key) => hungry.push(key),
  });
  const rows = [receivedMessage('u1', { parkedId: 1 })];
  lanes.load({ key: 'u1', partition: 0, messages: rows, stored: 3 }, lanes.moves);
  expect(lanes.takeBatch('database', 100)).toEqual(rows);
  const late = receivedMessage('u1');
  lanes.add(late);
  // The row fails, and the key has to wait for a minute.
  lanes.load({ key: 'u1', partition: 0, messages: [], stored: 3 }, lanes.moves);
  const [move] = moves;
  expect(move?.messages).toEqual([late]);
  lanes.finish(rows, new Map());
  expect(lanes.hasReady('stream', 'batch')).toBe(false);
});
