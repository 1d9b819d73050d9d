#!/usr/bin/env node
// The command line of the messaging library: `npx orderflow help`.
import process from 'node:process';

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `orderflow: Node.js ${process.versions.node} is too old.\nRun it as "npx orderflow" in the workspace: that uses the pinned Node.js 24.\n`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
