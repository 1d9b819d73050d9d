import { afterAll } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Makes temporary folders that go after the last test of the file. */
export function temporaryFolders(): (mode?: number) => Promise<string> {
  const folders: string[] = [];
  afterAll(async () => {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });
  return async (mode = 0o700) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'orderflow-embedded-'));
    folders.push(folder);
    await chmod(folder, mode);
    return folder;
  };
}
