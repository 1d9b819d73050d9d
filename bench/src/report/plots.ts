import { linePlot, type LinePlot, type PlotSeries } from './line-plot.ts';

/** Distance to 100 % on a logarithmic axis, so that the tail, which is what matters, has room. */
const percentiles = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99];

export interface LatencyDistribution {
  readonly name: string;
  /** By percentile, in milliseconds: `[[50, 1.2], [99, 4.5]]`. */
  readonly percentiles: readonly (readonly [number, number])[];
}

/** Latency over percentiles, both axes logarithmic. */
export function latencyPlot(title: string, distributions: readonly LatencyDistribution[]): string {
  const atPercentile = (value: number): number => 100 / (100 - value);
  return linePlot({
    title,
    x: {
      label: 'percentile',
      log: true,
      ticks: percentiles.map((value) => [atPercentile(value), String(value)] as const),
    },
    y: { label: 'ms', log: true },
    series: distributions.map(({ name, percentiles: points }) => ({
      name,
      points: points.map(([value, ms]) => [atPercentile(value), ms] as const),
    })),
  });
}

/** Figures over the number of instances, with the straight line through the first point of the first series. */
export function scalingPlot(
  title: string,
  y: LinePlot['y'],
  series: readonly PlotSeries[],
  xLabel = 'instances',
): string {
  const counts = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))];
  const [first, base] = series[0]?.points[0] ?? [1, 0];
  const linear: PlotSeries = {
    name: 'linear',
    dashed: true,
    points: counts.map((count) => [count, (base * count) / first] as const),
  };
  const ticks = counts.map((count) => [count, String(count)] as const);
  return linePlot({ title, x: { label: xLabel, ticks }, y, series: [...series, linear] });
}
