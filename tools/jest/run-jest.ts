import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { JestUsageError } from './jest-arguments.ts';

export const workspace = path.resolve(import.meta.dirname, '../..');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
/** ES modules need the first one. */
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const config = ['--config', path.join(workspace, 'jest.config.mjs')];

/** Runs Jest under the Node.js of this process, which ends as Jest does. Wrong arguments end it with 1 and a message. */
export function runJest(argumentsOf: (args: readonly string[]) => string[]): void {
  try {
    start(argumentsOf(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof JestUsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function start(args: readonly string[]): void {
  const child = spawn(process.execPath, [...nodeFlags, jest, ...config, ...args], {
    stdio: 'inherit',
    cwd: workspace,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}
