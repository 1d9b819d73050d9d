import { describe, expect, it } from '@jest/globals';
import { ScanFloor } from './scan-floor.ts';

describe('the scan floor', () => {
  it('passes a number when all transactions that may have drawn it have ended, and a later look has covered it', () => {
    const floor = new ScanFloor();
    floor.observe({ drawn: 10, xmin: 100, xmax: 105 });
    floor.looked(undefined);
    expect(floor.value).toBe(0);
    // Numbers up to 10 belong to transactions below 110; one of them is open.
    floor.observe({ drawn: 12, xmin: 104, xmax: 110 });
    floor.observe({ drawn: 12, xmin: 109, xmax: 115 });
    floor.looked(undefined);
    expect(floor.value).toBe(0);
    floor.observe({ drawn: 20, xmin: 110, xmax: 120 });
    expect(floor.value).toBe(0);
    floor.looked(undefined);
    expect(floor.value).toBe(10);
  });

  it('takes a horizon once: its numbers may belong to transactions that are younger than its snapshot', () => {
    const floor = new ScanFloor();
    const horizon = { drawn: 10, xmin: 100, xmax: 100 };
    for (let n = 0; n < 5; n++) {
      floor.observe(horizon);
      floor.looked(undefined);
    }
    expect(floor.value).toBe(0);
  });

  it('passes no number that a look did not come to', () => {
    const floor = new ScanFloor();
    for (const drawn of [10, 10, 10]) floor.observe({ drawn, xmin: 100, xmax: 100 });
    floor.looked(4);
    expect(floor.value).toBe(4);
    expect(floor.covered).toBe(4);
    floor.looked(undefined);
    expect([floor.value, floor.covered]).toEqual([10, 10]);
  });

  it('covers a long backlog in parts, and its end in one look', () => {
    const floor = new ScanFloor();
    for (let n = 0; n < 3; n++) floor.observe({ drawn: 120_000, xmin: 100, xmax: 100 });
    const parts: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      const { range } = floor;
      parts.push(range);
      floor.looked(range.upTo);
    }
    expect(parts).toEqual([
      { after: 0, upTo: 50_000 },
      { after: 50_000, upTo: 100_000 },
      { after: 100_000, upTo: undefined },
      { after: 120_000, upTo: undefined },
    ]);
  });

  it('is held back by an open transaction, which costs looks only what was published since', () => {
    const floor = new ScanFloor();
    for (const drawn of [10, 10, 10]) floor.observe({ drawn, xmin: 100, xmax: 100 });
    floor.looked(undefined);
    for (let drawn = 11; drawn < 1_000; drawn++) {
      floor.observe({ drawn, xmin: 100, xmax: drawn + 200 });
      floor.looked(undefined);
    }
    expect(floor.value).toBe(10);
  });
});
