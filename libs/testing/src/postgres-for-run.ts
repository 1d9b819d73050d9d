import type { PostgresProcess } from '@orderflow/embedded';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { registerHooks } from 'node:module';
import { keepsTestFiles, temporaryDirectory } from './temporary-directory.ts';

interface Offer {
  server: Server;
  started: Promise<PostgresProcess> | undefined;
}

let offer: Offer | undefined;

/**
 * Offers one PostgreSQL to all workers of this Jest run, at a loopback address that only they are told. The first
 * request starts it, so that a run of unit specs pays nothing. It runs under Jest's main process and not under the
 * worker that asked first, because workers come and go.
 */
export async function offerPostgres(): Promise<string> {
  const secretPath = `/${randomUUID()}`;
  const server = createServer((request, response) => {
    // A worker that asks again over a connection that has idled for five seconds may find it closed.
    response.setHeader('connection', 'close');
    if (request.url !== secretPath) {
      response.writeHead(404).end();
      return;
    }
    startedPostgres().then(
      (postgres) => response.end(postgres.url()),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  offer = { server, started: undefined };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address with a port');
  return `http://127.0.0.1:${address.port}${secretPath}`;
}

/** Ends what was started, also when tests failed. */
export async function withdrawPostgres(): Promise<void> {
  if (offer === undefined) return;
  const { server, started } = offer;
  offer = undefined;
  server.close();
  server.closeAllConnections();
  // A start that failed was reported to the test that asked; there is nothing left of it to end.
  const postgres = await started?.catch(() => undefined);
  await postgres?.stop();
}

async function startedPostgres(): Promise<PostgresProcess> {
  if (offer === undefined) throw new Error('the Jest run is over');
  const current = offer;
  current.started ??= startForRun();
  try {
    return await current.started;
  } catch (error) {
    // The next test may have more luck, and gets the error of its own attempt if not.
    current.started = undefined;
    throw error;
  }
}

async function startForRun(): Promise<PostgresProcess> {
  const { startPostgres } = await importFromSource();
  const directory = await temporaryDirectory('postgres');
  try {
    return await startPostgres({ directory: directory.path, durable: false, keep: keepsTestFiles() });
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** Jest loads this file outside its own module system, where packages would resolve to what was last built. */
async function importFromSource(): Promise<typeof import('@orderflow/embedded')> {
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier, { ...context, conditions: [...context.conditions, '@orderflow/source'] }),
  });
  try {
    return await import('@orderflow/embedded');
  } finally {
    hooks.deregister();
  }
}
