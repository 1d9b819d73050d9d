import { describe, expect, it } from '@jest/globals';
import { age, bytes, printable, table } from './table.ts';

const columns = [
  { title: 'ID', cell: ({ id }: { id: number; text: string | null }) => id, right: true },
  { title: 'TEXT', cell: ({ text }: { id: number; text: string | null }) => text, shrinkTo: 10 },
];

describe('a table', () => {
  it('is aligned, numbers at the right', () => {
    const rows = [
      { id: 7, text: 'seven' },
      { id: 1_000, text: null },
    ];
    expect(table(columns, rows).split('\n')).toEqual(['  ID  TEXT', '   7  seven', '1000  -']);
  });

  it('cuts what is too long, so that it fits 100 columns', () => {
    const [, line = ''] = table(columns, [{ id: 7, text: 'x'.repeat(300) }]).split('\n');
    expect(line).toHaveLength(100);
    expect(line.endsWith('x…')).toBe(true);
  });

  it('does not let a message steer the terminal', () => {
    expect(table(columns, [{ id: 1, text: 'a\u001b[2Jb\nc' }])).toContain('a\uFFFD[2Jb c');
    expect(printable('\u202eevil')).toBe('\uFFFDevil');
  });
});

it.each([
  [12, '12ms'],
  [1_500, '1s'],
  [61_000, '1m 1s'],
  [3_600_000, '1h'],
  [90_061_000, '1d 1h'],
])('%d ms is %s', (ms, text) => expect(age(ms)).toBe(text));

it.each([
  [-1, 'no limit'],
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KiB'],
  [1_073_741_824, '1 GiB'],
])('%d bytes are %s', (count, text) => expect(bytes(count)).toBe(text));
