import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@orderflow/embedded';
import { StackError } from './stack-error.ts';
import type { PartName } from './stack-layout.ts';

export type GivenPorts = Partial<Record<PartName, number>>;

/** All given ports at once, before anything is started. */
export async function checkGivenPorts(ports: GivenPorts): Promise<void> {
  const given = Object.entries(ports);
  const twice = given.find(([, port], at) => given.findIndex(([, other]) => other === port) !== at);
  const taken = [];
  for (const [name, port] of given)
    if (!(await isFree(port))) taken.push(`port ${port}, given to ${name}, is taken`);
  if (twice !== undefined) taken.push(`port ${twice[1]} is given twice`);
  if (taken.length === 0) return;
  throw new StackError({
    code: 'port_taken',
    message: `${taken.join('; ')}.`,
    remedy: 'Give another port, or none for a free one, or end the program that listens there.',
  });
}

/** Hands out loopback ports that are free, each once, and none that was given to another part. */
export class PortPicker {
  readonly #given: GivenPorts;
  readonly #used: Set<number>;

  constructor(given: GivenPorts) {
    this.#given = given;
    this.#used = new Set(Object.values(given));
  }

  /** The given port is for the first instance of a part. */
  async pick(name: PartName, index = 1): Promise<number> {
    const given = this.#given[name];
    if (given !== undefined && index === 1) return given;
    for (;;) {
      const port = await freePort();
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false; // In use, or not ours to use: either way it cannot be had.
  } finally {
    server.close();
  }
}
