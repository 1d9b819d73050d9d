import { expect, it } from '@jest/globals';
import { figuresOf } from './latency-figures.ts';

it('tells the latency, the rate until the last effect, and what waited when the last message was due', () => {
  // Due at 0, 1, 2, 3 ms.
  expect(figuresOf(Float64Array.of(0.5, 1, 3, 5), 1_000)).toMatchObject({
    p50: 1,
    p99: 5,
    max: 5,
    rate: 500,
    backlog: 2,
  });
});
