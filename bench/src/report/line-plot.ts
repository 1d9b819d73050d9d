import { figureText } from './figure-text.ts';

export interface PlotSeries {
  readonly name: string;
  /** Points as [x, y]; only finite ones are drawn. */
  readonly points: readonly (readonly [number, number])[];
  /** For what is not measured, such as a straight line to compare with. */
  readonly dashed?: boolean;
}

export interface LinePlot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly PlotSeries[];
}

export interface Axis {
  readonly label: string;
  /** Each unit of the axis is ten times the one before; values must be above 0. Otherwise the axis begins at 0. */
  readonly log?: boolean;
  /** Where to put marks instead of at round numbers; texts may be given with them. */
  readonly ticks?: readonly (readonly [number, string])[];
}

const size = { width: 760, height: 420 };
const area = { left: 80, right: 220, top: 44, bottom: 56 };
const inner = { width: size.width - area.left - area.right, height: size.height - area.top - area.bottom };
/** Told apart also without colours seen as most do: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** A line chart as an SVG of a few kilobytes, readable on light and dark pages. */
export function linePlot({ title, x, y, series }: LinePlot): string {
  const xScale = scaleOf(x, valuesOf(series, 0));
  const yScale = scaleOf(y, valuesOf(series, 1));
  const atX = (value: number): number => area.left + xScale.place(value) * inner.width;
  const atY = (value: number): number => area.top + (1 - yScale.place(value)) * inner.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text({ x: area.left, y: 24, words: title, more: 'font-size="16"' }),
    ...xScale.ticks.map(([value, label]) => xTick(atX(value), label)),
    ...yScale.ticks.map(([value, label]) => yTick(atY(value), label)),
    text({
      x: area.left + inner.width / 2,
      y: size.height - 12,
      words: x.label,
      more: 'text-anchor="middle"',
    }),
    text({ x: 14, y: area.top - 12, words: y.label, more: 'font-size="12"' }),
    ...series.flatMap((one, index) => drawn(one, index, { atX, atY })),
    '</svg>',
    '',
  ].join('\n');
}

const valuesOf = (series: readonly PlotSeries[], place: 0 | 1): number[] =>
  series.flatMap(({ points }) => points.map((point) => point[place])).filter(Number.isFinite);

interface Scale {
  /** From 0 at the beginning of the axis to 1 at its end. */
  place(value: number): number;
  readonly ticks: readonly (readonly [number, string])[];
}

function scaleOf({ log = false, ticks }: Axis, values: readonly number[]): Scale {
  const most = Math.max(...values, log ? 1e-9 : 1e-9);
  if (!log) {
    const step = roundStep(most / 5);
    const end = Math.ceil(most / step) * step;
    const marks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step);
    return { place: (value) => value / end, ticks: ticks ?? marks.map(withText) };
  }
  const [first, last] = [Math.min(...values), most].map(Math.log10);
  const begin = Math.floor(first ?? 0);
  const end = Math.max(Math.ceil(last ?? 1), begin + 1);
  const marks = Array.from({ length: end - begin + 1 }, (_, index) => 10 ** (begin + index));
  return {
    place: (value) => (Math.log10(value) - begin) / (end - begin),
    ticks: ticks ?? marks.map(withText),
  };
}

const withText = (value: number): readonly [number, string] => [
  value,
  figureText(value, value !== 0 && value < 1 ? Math.ceil(-Math.log10(value)) : 0),
];

/** 1, 2 or 5 times a power of ten, at least as large as asked for. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least * 0.999) ?? 10) * power;
}

function xTick(x: number, label: string): string {
  const bottom = area.top + inner.height;
  return (
    `<line x1="${round(x)}" x2="${round(x)}" y1="${area.top}" y2="${bottom}" stroke="#dddddd"/>` +
    text({ x, y: bottom + 18, words: label, more: 'text-anchor="middle"' })
  );
}

function yTick(y: number, label: string): string {
  return (
    `<line x1="${area.left}" x2="${area.left + inner.width}" y1="${round(y)}" y2="${round(y)}" stroke="#dddddd"/>` +
    text({ x: area.left - 8, y: y + 4, words: label, more: 'text-anchor="end"' })
  );
}

function drawn(
  { name, points, dashed = false }: PlotSeries,
  index: number,
  at: { atX: (value: number) => number; atY: (value: number) => number },
): string[] {
  const colour = colours[index % colours.length] ?? '#000000';
  const dash = dashed ? ' stroke-dasharray="6 4"' : '';
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const path = finite.map(([x, y]) => `${round(at.atX(x))},${round(at.atY(y))}`).join(' ');
  const legendY = area.top + 10 + index * 20;
  const legendX = area.left + inner.width + 16;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
    `<line x1="${legendX}" x2="${legendX + 22}" y1="${legendY}" y2="${legendY}" stroke="${colour}" stroke-width="2"${dash}/>`,
    text({ x: legendX + 28, y: legendY + 4, words: name }),
  ];
}

function text({ x, y, words, more = '' }: { x: number; y: number; words: string; more?: string }): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${round(x)}" y="${round(y)}" fill="#222222"${more === '' ? '' : ` ${more}`}>${safe}</text>`;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
