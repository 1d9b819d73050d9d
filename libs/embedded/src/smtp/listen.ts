import type { Server } from 'node:net';
import { EmbeddedError } from '../embedded-error.ts';
import { hasCode } from '../error-facts.ts';

/** Listens and returns the port (0 asks for a free one). A taken port is an `EmbeddedError`. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error) => reject(explain(cause, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address with a port');
  return address.port;
}

function explain(cause: Error, port: number): Error {
  if (!hasCode(cause, 'EADDRINUSE')) return cause;
  return new EmbeddedError({
    code: 'port_taken',
    message: `Port ${port}, which was given to the SMTP sink, is taken.`,
    remedy: 'Give another port or none, or end the program that listens there.',
    cause,
  });
}
