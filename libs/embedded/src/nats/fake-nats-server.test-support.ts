import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A program that answers `--version` as nats-server does. Returns the folder, for a PATH. */
export async function fakeNatsServer(folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'nats-server');
  await writeFile(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(file, 0o755);
  return folder;
}
