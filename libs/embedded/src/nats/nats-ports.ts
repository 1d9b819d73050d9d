import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { portsDirectory } from './nats-config.ts';

export interface NatsPorts {
  port: number;
  monitorPort: number;
}

/** The ports that a server listens on, from the file which it writes once it does; undefined before. */
export async function readPorts(directory: string, pid: number): Promise<NatsPorts | undefined> {
  const folder = portsDirectory(directory);
  let content: unknown;
  try {
    // The server names the file after its own program file, which may be called anything.
    const name = (await readdir(folder)).find((file) => file.endsWith(`_${pid}.ports`));
    if (name === undefined) return undefined;
    content = JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  } catch {
    // Not written yet, or half-way through it.
    return undefined;
  }
  const port = portOf(content, 'nats');
  const monitorPort = portOf(content, 'monitoring');
  return port === undefined || monitorPort === undefined ? undefined : { port, monitorPort };
}

function portOf(content: unknown, name: string): number | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const urls: unknown = Object.entries(content).find(([key]) => key === name)?.[1];
  const first: unknown = Array.isArray(urls) ? urls[0] : undefined;
  return typeof first === 'string' ? Number(new URL(first).port) : undefined;
}
