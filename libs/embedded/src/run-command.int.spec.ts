import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { runCommand } from './run-command.ts';

describe('a command', () => {
  it('tells what it printed', async () => {
    const result = await runCommand({
      command: 'sh',
      args: ['-c', 'echo out; echo err >&2'],
      timeoutMs: 10_000,
    });
    expect(result).toEqual({ ok: true, outcome: '', stdout: 'out\n', stderr: 'err\n' });
  });

  it.each([
    ['ends with a code', ['-c', 'exit 3'], 10_000, 'ended with code 3'],
    ['ends by a signal', ['-c', 'kill -TERM $$'], 10_000, 'ended by SIGTERM'],
    ['takes too long', ['-c', 'exec sleep 60'], 100, 'was killed (time limit 100 ms)'],
  ])('that %s is not ok', async (_, args, timeoutMs, outcome) => {
    await expect(runCommand({ command: 'sh', args, timeoutMs })).resolves.toMatchObject({
      ok: false,
      outcome,
    });
  });

  it('that is not there is not ok, and does not keep the process alive', () => {
    const module = path.join(import.meta.dirname, 'run-command.ts');
    const script =
      `const { runCommand } = await import(${JSON.stringify(module)});` +
      `console.log((await runCommand({ command: 'no-such-command', args: [], timeoutMs: 60_000 })).outcome);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 10_000,
      encoding: 'utf8',
    });
    expect(child).toMatchObject({ status: 0, stdout: expect.stringContaining('could not be started') });
  });
});
