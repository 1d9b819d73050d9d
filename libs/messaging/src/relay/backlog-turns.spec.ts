import { beforeEach, describe, expect, it } from '@jest/globals';
import { BacklogTurns, OtherRows } from './backlog-turns.ts';

let now: number;
let others: OtherRows;
let turns: BacklogTurns;

beforeEach(() => {
  now = 5_000;
  others = new OtherRows(() => now);
  turns = new BacklogTurns(others, () => now);
});

const pass = (ms: number): void => {
  now += ms;
};
/** A turn that began is over after so long. */
const turn = (ms: number): void => {
  turns.begin();
  pass(ms);
  turns.observe(false);
};

describe('keys with a long backlog', () => {
  it('have one turn after the other while nobody else publishes', () => {
    for (let n = 0; n < 3; n++) {
      expect(turns.mayBegin).toBe(true);
      turn(20);
    }
    expect([turns.restMs, turns.rowsOfKey]).toEqual([0, 500]);
  });

  it('rest twice as long as their turn was while others publish', () => {
    others.note();
    turn(20);
    expect([turns.mayBegin, turns.restMs, turns.rowsOfKey]).toEqual([false, 40, 125]);
    pass(39);
    expect(turns.mayBegin).toBe(false);
    pass(1);
    expect([turns.mayBegin, turns.restMs]).toEqual([true, 0]);
  });

  it('have no second turn while rows of the first are being published', () => {
    others.note();
    turns.begin();
    pass(20);
    turns.observe(true);
    expect(turns.mayBegin).toBe(false);
    pass(10);
    turns.observe(false);
    expect(turns.restMs).toBe(60);
  });

  it('do not wait for a row that the broker does not answer, and rest for 100 ms at most', () => {
    others.note();
    turns.begin();
    pass(100);
    turns.observe(true);
    expect(turns.restMs).toBe(100);
    pass(100);
    expect(turns.mayBegin).toBe(true);
  });

  it('no longer rest a second after the last row of others', () => {
    others.note();
    pass(990);
    turn(10);
    expect([turns.mayBegin, turns.restMs]).toEqual([true, 0]);
  });
});
