import { describe, expect, it } from '@jest/globals';
import { linePlot, roundStep } from './line-plot.ts';
import { latencyPlot, scalingPlot } from './plots.ts';

/** The points of each line, as numbers. */
function linesOf(svg: string): number[][][] {
  const found = [...svg.matchAll(/<polyline points="([^"]*)"/g)];
  return found.map(([, points = '']) => points.split(' ').map((point) => point.split(',').map(Number)));
}

describe('a line plot', () => {
  it('draws each series once, upwards, and names it', () => {
    const svg = linePlot({
      title: 'A & B',
      x: { label: 'x' },
      y: { label: 'y' },
      series: [
        {
          name: 'a < b',
          points: [
            [1, 10],
            [2, 20],
            [3, Number.NaN],
          ],
        },
      ],
    });
    const [line] = linesOf(svg);
    expect(line).toHaveLength(2);
    expect(line?.[1]?.[0]).toBeGreaterThan(line?.[0]?.[0] ?? 0);
    expect(line?.[1]?.[1]).toBeLessThan(line?.[0]?.[1] ?? 0);
    expect(svg).toContain('A &amp; B');
    expect(svg).toContain('a &lt; b');
  });

  it('gives each power of ten of a logarithmic axis the same room', () => {
    const svg = linePlot({
      title: 't',
      x: { label: 'x' },
      y: { label: 'y', log: true },
      series: [
        {
          name: 'a',
          points: [
            [1, 1],
            [2, 10],
            [3, 100],
          ],
        },
      ],
    });
    const [first = 0, second = 0, third = 0] = linesOf(svg)[0]?.map((point) => point[1]) ?? [];
    expect(first - second).toBeCloseTo(second - third, 0);
  });

  it.each([
    [0.9, 1],
    [1, 1],
    [1.1, 2],
    [30, 50],
    [600, 1_000],
  ])('has a mark every round number of at least %d: %d', (least, step) => {
    expect(roundStep(least)).toBe(step);
  });
});

it('a scaling plot has the straight line through the first point', () => {
  const svg = scalingPlot('s', { label: 'msg/s' }, [
    {
      name: 'ours',
      points: [
        [1, 100],
        [2, 200],
        [4, 400],
      ],
    },
  ]);
  const [ours, linear] = linesOf(svg);
  expect(linear).toEqual(ours);
});

it('a latency plot gives the tail room: 90 to 99 as much as 99 to 99.9', () => {
  const svg = latencyPlot('l', [
    {
      name: 'ours',
      percentiles: [
        [90, 1],
        [99, 2],
        [99.9, 3],
      ],
    },
  ]);
  const [a = 0, b = 0, c = 0] = linesOf(svg)[0]?.map((point) => point[0]) ?? [];
  expect(b - a).toBeCloseTo(c - b, 0);
});
