import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Where Debian puts servers, which is not on the path of every user. */
const beyondPath = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/rabbitmq/bin'];

/** The full path of a program, or undefined when it is not on this machine. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const places = [...folders, ...(process.env['PATH'] ?? '').split(path.delimiter), ...beyondPath];
  return places
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
