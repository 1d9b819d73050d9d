import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { hasSetpriv } from './setpriv.ts';
import { temporaryFolders } from './temporary-folder.test-support.ts';
import { waitUntil } from './wait-until.ts';

const temporaryFolder = temporaryFolders();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// Both ways to run as root (an ordinary user has one way, and takes it twice).
(hasSetpriv() ? describe : describe.skip)(
  'servers whose launcher is killed (skipped without setpriv)',
  () => {
    it.each([0o755, 0o700])('end by themselves; folder mode %o', async (mode) => {
      const folder = await temporaryFolder(mode);
      const script = path.join(import.meta.dirname, 'launch-and-wait.test-support.ts');
      const launcher = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(launcher, 'exit');
      const line = String(await once(launcher.stdout, 'data'));
      launcher.kill('SIGKILL');
      await exited;
      const pids = line.match(/\d+/g)?.map(Number) ?? [];
      expect(pids).toHaveLength(2);
      const gone = await waitUntil(() => !pids.some(isAlive), { timeoutMs: 10_000, giveUp: () => false });
      expect({ gone, alive: pids.filter(isAlive) }).toEqual({ gone: true, alive: [] });
    });
  },
);
