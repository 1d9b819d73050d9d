// A lock that belongs to a process: it is free again when that process is gone, however it went.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { types } from 'node:util';

/**
 * @typedef {{ pid: number, identity: string }} Holder
 * @typedef {{ taken: true, release: () => void } | { taken: false, holder: Holder }} LockAttempt
 */

/**
 * What tells this process from a later one with the same id: the machine's boot and the process's start in clock
 * ticks (proc(5), field 22). Where there is no /proc the id alone has to do.
 * @param {number} pid
 * @returns {string | undefined} undefined: no such process, or one that has ended and only waits to be collected
 */
export function processIdentity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may hold blanks and brackets: count from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`;
  } catch {
    return process.platform === 'linux' || !answers(pid) ? undefined : 'by-pid';
  }
}

/** @param {number} pid */
function answers(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to someone else.
    return types.isNativeError(error) && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Takes the lock or says who has it. Never waits.
 * @param {string} file
 * @returns {LockAttempt}
 */
export function takeLock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? '' });
  writeFileSync(own, content);
  try {
    for (;;) {
      if (linked(own, file)) return { taken: true, release: () => release(file, content) };
      const found = read(file);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder !== undefined && processIdentity(holder.pid) === holder.identity)
        return { taken: false, holder };
      moveStaleAway(file, found);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * A link, not a write: the lock appears with its content in one step.
 * @param {string} from
 * @param {string} to
 */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (types.isNativeError(error) && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two processes may find the same stale lock: the slower one would move the quicker one's new lock away, so it
 * looks at what it moved and puts a live one back.
 * @param {string} file
 * @param {string} stale
 */
function moveStaleAway(file, stale) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // The other one was quicker: look again.
  }
  if (read(aside) !== stale) linked(aside, file);
  rmSync(aside, { force: true });
}

/** @param {string} file @param {string} content */
function release(file, content) {
  if (read(file) === content) rmSync(file, { force: true });
}

/** @param {string} file @returns {string | undefined} */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Released between two looks.
  }
}

/** @param {string} content @returns {Holder | undefined} */
function parse(content) {
  try {
    const value = JSON.parse(content);
    return Number.isInteger(value?.pid) && typeof value.identity === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
