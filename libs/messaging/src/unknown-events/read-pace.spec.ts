import { describe, expect, it } from '@jest/globals';
import { ReadPace } from './read-pace.ts';

const READ_AT_ONCE = 1_000;

/** What waits at most, and the share of the time that was read in, when a full read takes `readMs`. */
function simulate(
  pace: ReadPace,
  load: { waiting: number; perMs: number; readMs: number; forMs: number },
): { most: number; left: number; busy: number } {
  let { waiting } = load;
  let [now, busy, most] = [0, 0, waiting];
  while (now < load.forMs) {
    const read = Math.min(waiting, READ_AT_ONCE);
    const tookMs = (load.readMs * read) / READ_AT_ONCE;
    waiting += load.perMs * tookMs - read;
    const pauseMs = pace.pauseMs(tookMs, read === READ_AT_ONCE ? waiting : undefined);
    waiting += load.perMs * pauseMs;
    busy += tookMs;
    now += tookMs + pauseMs;
    most = Math.max(most, waiting);
  }
  return { most, left: waiting, busy: busy / now };
}

describe('the pace of a reader', () => {
  it('leaves nine tenths of the time to others while much is waiting and nothing comes', () => {
    const { busy } = simulate(new ReadPace(100), { waiting: 1_000_000, perMs: 0, readMs: 10, forMs: 60_000 });
    expect(busy).toBeCloseTo(0.09, 2);
  });

  it.each([1, 5, 12, 19])(
    'does not fall behind when %i messages come each ms and it can read 20',
    (perMs) => {
      const pace = new ReadPace(100);
      const { most } = simulate(pace, { waiting: 0, perMs, readMs: 50, forMs: 60_000 });
      const { most: later } = simulate(pace, { waiting: most, perMs, readMs: 50, forMs: 600_000 });
      expect(later).toBeLessThan(most + 2 * READ_AT_ONCE * perMs);
    },
  );

  it('is the idle pause when it has read all', () => {
    const pace = new ReadPace(100);
    expect(pace.pauseMs(10, undefined)).toBe(100);
    expect(pace.pauseMs(10, 5)).toBe(100);
    expect(pace.pauseMs(10, 6)).toBe(0);
    expect(pace.pauseMs(10, undefined)).toBe(100);
  });
});
