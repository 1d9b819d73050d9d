export interface Column<Row> {
  title: string;
  cell: (row: Row) => string | number | null;
  /** Numbers stand at the right. */
  right?: boolean;
  /** May be cut, to this many characters at least, when the table is too wide. */
  shrinkTo?: number;
}

const GAP = '  ';
const WIDTH = 100;

/** Aligned, at most 100 columns wide where columns may be cut. What comes from messages cannot steer the terminal. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => printable(String(column.cell(row) ?? '-'))));
  const natural = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const widths = fit(columns, natural);
  const lines = [columns.map((column) => column.title), ...cells].map((row) =>
    row.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.right === true)).join(GAP),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Takes from the widest column that may be cut until all fit. */
function fit(columns: readonly Pick<Column<never>, 'shrinkTo'>[], natural: readonly number[]): number[] {
  const widths = [...natural];
  const room = WIDTH - GAP.length * (columns.length - 1);
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    const spare = widths.map((width, index) => width - (columns[index]?.shrinkTo ?? width));
    const most = Math.max(...spare);
    if (most <= 0) break;
    const widest = spare.indexOf(most);
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function pad(text: string, width: number, right: boolean): string {
  const cut = text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text;
  return right ? cut.padStart(width) : cut.padEnd(width);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Without control characters: an escape sequence in a message would be obeyed by the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => (/\s/.test(character) ? ' ' : '\uFFFD'));
}

/** 90061000 -> `1d 1h` */
export function age(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ];
  const first = units.findIndex(([, size]) => ms >= size);
  if (first === -1) return `${Math.round(ms)}ms`;
  let rest = ms;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** 1536 -> `1.5 KiB` */
export function bytes(count: number): string {
  if (count < 0) return 'no limit';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = count === 0 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
  const value = count / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power] ?? 'B'}`;
}
