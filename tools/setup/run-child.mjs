// Runs a program in the foreground as if it were this process: same terminal, same signals, same exit code.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_LOOK_MS = 250;

const parent = process.ppid;
/** Elsewhere the parent may well end first: `node tools/setup.mjs start &` in a shell that is left. */
const startedByNpm = process.env['npm_lifecycle_event'] !== undefined;

/**
 * Resolves to the exit code (128 + n after signal n, as a shell says it). Rejects only if it cannot be started.
 * Ctrl-C in a terminal reaches the child twice, from the terminal and from here: it has to count that as once.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, patienceMs?: number }} options patienceMs: a child that goes on so long after a signal is killed
 * @returns {Promise<number>}
 */
export function runChild(command, args, { cwd, patienceMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    /** @type {NodeJS.Timeout | undefined} */
    let force;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      child.kill(signal);
      if (patienceMs !== undefined) force ??= setTimeout(() => child.kill('SIGKILL'), patienceMs);
    };
    // npm passes a signal to its shell, which dies of it and tells nobody.
    const orphaned = setInterval(
      () => startedByNpm && process.ppid !== parent && forward('SIGTERM'),
      PARENT_LOOK_MS,
    );
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = () => {
      clearInterval(orphaned);
      clearTimeout(force);
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
  });
}
