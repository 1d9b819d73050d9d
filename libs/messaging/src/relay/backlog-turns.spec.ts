import { beforeEach, describe, expect, it } from '@jest/globals';
import { BacklogTurns } from './backlog-turns.ts';

let now: number;
let turns: BacklogTurns;

beforeEach(() => {
  now = 5_000;
  turns = new BacklogTurns(() => now);
});

const pass = (ms: number): void => {
  now += ms;
};

describe('keys with a long backlog', () => {
  it('have one turn after the other while nobody else publishes', () => {
    for (let turn = 0; turn < 3; turn++) {
      expect(turns.next()).toBe(true);
      pass(20);
    }
    expect([turns.restMs, turns.rowsOfKey]).toEqual([0, 500]);
  });

  it('rest twice as long as their turn was while others publish', () => {
    turns.othersFound();
    expect(turns.next()).toBe(true);
    pass(20);
    expect(turns.next()).toBe(false);
    expect([turns.restMs, turns.rowsOfKey]).toEqual([40, 250]);
    pass(39);
    expect(turns.next()).toBe(false);
    pass(1);
    expect([turns.restMs, turns.next()]).toEqual([0, true]);
  });

  it('rest for 100 ms at most, however long the broker took to answer', () => {
    expect(turns.next()).toBe(true);
    pass(30_000);
    turns.othersFound();
    expect([turns.next(), turns.restMs]).toEqual([false, 100]);
  });

  it('no longer rest a second after the last row of others', () => {
    turns.othersFound();
    expect(turns.next()).toBe(true);
    pass(1_000);
    expect(turns.next()).toBe(true);
  });
});
