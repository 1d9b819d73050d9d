import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryDirectory {
  path: string;
  /** Removes it, unless KEEP=1 is set to look at what a failed test left. */
  remove(): Promise<void>;
}

export function keepsTestFiles(): boolean {
  return process.env['KEEP'] === '1';
}

export async function temporaryDirectory(purpose: string): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(path.join(tmpdir(), `orderflow-${purpose}-`));
  const remove = async (): Promise<void> => {
    if (!keepsTestFiles()) await rm(directory, { recursive: true, force: true });
  };
  return { path: directory, remove };
}
