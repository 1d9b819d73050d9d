import { describe, expect, it } from '@jest/globals';
import { liveScreen, type Output } from './live-screen.ts';
import { OrderBoard } from './order-board.ts';

const fact = { stream: 'ORDERS', sequence: 7, key: 'ada-m1x2', event: 'created', orderId: '0123456789ab' };
const dead = { consumer: 'inventory', key: 'mallory-m1x2', reason: 'no JSON' };

function recorded(size: Pick<Output, 'isTTY' | 'rows' | 'columns'>): { output: Output; written: string[] } {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  return { output: { ...size, write }, written };
}

function show(output: Output): void {
  const board = new OrderBoard();
  const screen = liveScreen(board, 30, output);
  for (const each of [board, screen]) {
    each.fact(fact);
    each.deadLetter(dead);
  }
  board.title(fact.orderId, fact.key, 'plain success');
  screen.close();
}

describe('the live view', () => {
  it.each([
    ['a pipe', { isTTY: false, rows: 50, columns: 100 }],
    ['a terminal that is too small', { isTTY: true, rows: 24, columns: 100 }],
  ])('writes a line for each fact to %s', (_where, size) => {
    const { output, written } = recorded(size);
    show(output);
    expect(written.join('')).toMatch(
      /^\+ 0\.\d\d s {2}ada {5}01234567 ORDERS {8}created \(7\)\n.*mallory.*no JSON\n$/,
    );
  });

  it('draws a table in a terminal, no line wider than it', () => {
    const { output, written } = recorded({ isTTY: true, rows: 50, columns: 60 });
    show(output);
    const lines = written.join('').split('\u001b[K\n');
    expect(lines[1]).toMatch(/^ada {3}plain success {21}01234567 /);
    expect(lines.every((line) => line.length < 60)).toBe(true);
  });
});

describe('the board', () => {
  it('tells when a fact is there, and when it is waited for no longer', async () => {
    const board = new OrderBoard();
    const patience = new AbortController();
    const early = board.until(fact, patience.signal);
    board.fact(fact);
    const never = board.until({ ...fact, stream: 'INVENTORY' }, patience.signal);
    patience.abort();
    await expect(Promise.all([early, board.until(fact, patience.signal), never])).resolves.toEqual([
      true,
      true,
      false,
    ]);
  });
});
