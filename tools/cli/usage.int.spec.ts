import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const BIN = path.join(import.meta.dirname, 'orderflow.mjs');
const WHY = ['--why', 'tried out'];

/** The real program, without a terminal and without a stack. */
function orderflow(args: readonly string[]): { code: number | null; out: string; error: string } {
  const env = { ...process.env, ORDERFLOW_URLS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env });
  return { code: status, out: stdout, error: stderr };
}

describe('orderflow', () => {
  it.each([
    ['why', ['dead-letters', 'redrive', '1', '--yes'], /--why/],
    ['what to redrive', ['dead-letters', 'redrive', ...WHY], /--all/],
    ['ids or a filter, not both', ['dead-letters', 'redrive', '1', '--all', ...WHY], /not both/],
    ['a number', ['dead-letters', 'show', 'one'], /not "one"/],
    ['one id to edit', ['dead-letters', 'edit', '1', '2', ...WHY], /One id/],
    ['a limit above 0', ['dead-letters', 'list', '--limit', '0', '--url', 'http://127.0.0.1:9'], /from 1/],
    ['a flag that it knows', ['dead-letters', 'list', '--frob'], /--frob/],
    ['a flag that means something', ['outbox', '--key', 'u1'], /--key means nothing to "outbox"/],
    ['an address', ['outbox', '--url', 'localhost'], /"localhost" is no address/],
    ['a command', ['frobnicate'], /no command "frobnicate"/],
  ])('wants %s', (_, args, message) => {
    const { code, error } = orderflow(args);
    expect(error).toMatch(message);
    expect(code).toBe(2);
  });

  it('says what to do when nothing runs', () => {
    const { code, error } = orderflow(['streams', '--directory', '/nonexistent']);
    expect(error).toMatch(/No stack is running[^]*npm start[^]*--url/);
    expect(code).toBe(3);
  });

  it('says who does not answer', () => {
    const { code, error } = orderflow(['streams', '--url', 'http://127.0.0.1:9']);
    expect(error).toMatch(/127\.0\.0\.1:9 does not answer/);
    expect(code).toBe(3);
  });

  it.each([[['help']], [['--help']], [['help', 'dead-letters']], [['keys', 'blocked', '--help']]])(
    'explains itself: %j',
    (args) => {
      const { code, out } = orderflow(args);
      expect(out).toContain('Exit codes:');
      expect(code).toBe(0);
    },
  );
});
