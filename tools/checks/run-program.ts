import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { workspaceRoot } from '../stack/stack-layout.ts';

export interface ProgramRun {
  /** After Node.js. */
  args: readonly string[];
  timeoutMs: number;
  signal: AbortSignal;
  env: Record<string, string | undefined>;
}

/**
 * Runs a Node.js program with this terminal as its output and resolves to its exit code: 128 + n after signal n, 124
 * when its time was over, as `timeout` of coreutils says it.
 */
export function runProgram({ args, timeoutMs, signal, env }: ProgramRun): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: workspaceRoot,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const end = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    const settle = (outcome: () => void): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, by) =>
      settle(() => resolve(late ? 124 : (code ?? 128 + constants.signals[by ?? 'SIGKILL']))),
    );
  });
}
