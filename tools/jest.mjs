// Starts Jest under the Node.js of this process with the flag that ES modules need.
//   node tools/jest.mjs [DIRECTORY] [jest options]
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '..');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const [first = '', ...rest] = process.argv.slice(2);
const isOption = first === '' || first.startsWith('-');
const scope = isOption ? [first, ...rest].filter(Boolean) : ['--roots', path.resolve(first), ...rest];
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const config = ['--config', path.join(root, 'jest.config.mjs'), '--passWithNoTests'];

const child = spawn(process.execPath, [...flags, jest, ...config, ...scope], { stdio: 'inherit', cwd: root });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => child.kill(signal));
}
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
