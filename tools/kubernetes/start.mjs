// npm run test:kubernetes: goes on with test-kubernetes.ts under the pinned Node.js. Needs nothing but Node.js 20 and npm 10;
// nothing is built here, that happens in the images.
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, pinnedNode } from '../setup/install.mjs';
import { runChild } from '../setup/run-child.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

await ensureInstalled(root, (line) => process.stderr.write(`setup: ${line}\n`));
const program = path.join(root, 'tools', 'kubernetes', 'test-kubernetes.ts');
process.exitCode = await runChild(pinnedNode(root), [program, ...process.argv.slice(2)], { cwd: root });
