// Sets the workspace up as far as needed and goes on with the program of a command under the pinned Node.js.
//   node tools/setup.mjs demo|start|test|bench|pressure|jest|conformance [arguments]
// Needs nothing but Node.js 20 and npm 10: whatever it imports has no dependencies.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, pinnedNode } from './setup/install.mjs';
import { takeLock } from './setup/pid-lock.mjs';
import { runChild } from './setup/run-child.mjs';
import { SetupError } from './setup/setup-error.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const LOCK_LOOK_MS = 500;
/** @type {Readonly<Record<string, string>>} */
const PROGRAMS = {
  demo: 'tools/demo.ts',
  start: 'tools/start.ts',
  test: 'tools/test.ts',
  bench: 'bench/dist/main.js',
  pressure: 'bench/dist/pressure/main.js',
  jest: 'tools/jest.mjs',
  conformance: 'tools/conformance.ts',
};
const COMMANDS = Object.keys(PROGRAMS);

/** @param {string} line */
const say = (line) => process.stderr.write(`setup: ${line}\n`);

async function main() {
  const [command = '', ...args] = process.argv.slice(2);
  const program = PROGRAMS[command];
  if (program === undefined) {
    throw new SetupError(
      'USAGE',
      `unknown command "${command}"`,
      `node tools/setup.mjs ${COMMANDS.join('|')} [arguments]`,
    );
  }
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new SetupError(
      'OLD_NODE',
      `Node.js ${process.versions.node} is too old`,
      'use Node.js 20 or newer',
    );
  }
  const lock = await waitForLock(path.join(root, '.orderflow', 'setup.lock'));
  try {
    await ensureInstalled(root, say);
    const built = await build(command);
    // The test run has a type check of its own and counts it; anything else would run what was not built.
    if (built !== 0 && command !== 'test') {
      throw new SetupError('BUILD_FAILED', `tsc -b ended with ${built}`, 'mend the errors above');
    }
  } finally {
    lock.release();
  }
  return runChild(pinnedNode(root), [path.join(root, program), ...args], { cwd: root });
}

/**
 * Two set-ups at once would install and build over each other.
 * @param {string} file
 */
async function waitForLock(file) {
  for (let said = false; ; said = true) {
    const attempt = takeLock(file);
    if (attempt.taken) return attempt;
    if (!said) say(`waiting for another set-up of this folder (process ${attempt.holder.pid})`);
    await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
  }
}

/**
 * Only what runs: specs are checked by the test run.
 * @param {string} command
 */
async function build(command) {
  const benchmark =
    command === 'bench' || command === 'pressure' ? [path.join(root, 'bench', 'tsconfig.lib.json')] : [];
  const services = ['libs', 'apps']
    .flatMap((parent) =>
      readdirSync(path.join(root, parent)).map((name) => path.join(root, parent, name, 'tsconfig.lib.json')),
    )
    .filter((project) => existsSync(project));
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return runChild(pinnedNode(root), [tsc, '-b', ...services, ...benchmark], { cwd: root });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`${error.message}\n  remedy: ${error.remedy}`);
  process.exitCode = 1;
}
