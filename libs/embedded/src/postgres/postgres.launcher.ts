import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../free-port.ts';
import type { RunAs } from '../run-as.ts';
import { ServerProcess } from '../server-process.ts';
import { waitUntil } from '../wait-until.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { clusterIn, ensureCluster, superuser, type Cluster } from './postgres-cluster.ts';
import { isMomentary, isPortTaken, startFailure } from './postgres-failure.ts';
import { isReady, withClient } from './postgres-readiness.ts';
import { postgresUser } from './postgres-user.ts';

export interface PostgresOptions {
  /** Holds `data`, `password` and `postgres.log`; created when missing. */
  directory: string;
  /** A free one when left out. A port that is given and taken is an error. */
  port?: number;
  /** False removes the directory at `stop()`. Default true. */
  keep?: boolean;
  /** False trades safety at a power loss for speed: for tests only. Default true. */
  durable?: boolean;
}

interface Setup {
  cluster: Cluster;
  binaries: PostgresBinaries;
  runAs: RunAs | undefined;
  password: string;
  durable: boolean;
  keep: boolean;
}

const startTimeoutMs = 60_000;
const stopDeadlineMs = 15_000;

/**
 * Starts a real PostgreSQL on the loopback address and waits until it answers. As root it runs under another user.
 * On Linux it ends by itself when this process dies. Throws `EmbeddedError`.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresProcess> {
  const directory = path.resolve(options.directory);
  await mkdir(directory, { recursive: true });
  const cluster = clusterIn(directory);
  const binaries = await postgresBinaries();
  const runAs = postgresUser([directory, binaries.postgres, path.join(binaries.root, 'share', 'postgresql')]);
  const password = await ensureCluster(cluster, binaries, runAs);
  const setup = {
    cluster,
    binaries,
    runAs,
    password,
    durable: options.durable ?? true,
    keep: options.keep ?? true,
  };
  if (options.port !== undefined)
    return new PostgresProcess(setup, options.port, await launch(setup, options.port));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return new PostgresProcess(setup, port, await launch(setup, port));
    } catch (error) {
      // Another process may have taken the free port in between.
      if (!isPortTaken(error) || attempt === 5) throw error;
    }
  }
}

/** A PostgreSQL that was started here. `pid` changes at a restart; port, password and data stay. */
export class PostgresProcess {
  readonly port: number;
  readonly #setup: Setup;
  #server: ServerProcess;

  /** Made by `startPostgres`. */
  constructor(setup: Setup, port: number, server: ServerProcess) {
    this.#setup = setup;
    this.port = port;
    this.#server = server;
  }

  get pid(): number {
    return this.#server.pid;
  }

  get logFile(): string {
    return this.#setup.cluster.logFile;
  }

  /** Connection URL, password included, of a database; by default of the maintenance database. */
  url(database = 'postgres'): string {
    return urlOf(this.#setup, this.port, database);
  }

  /** Creates the database unless it exists, and returns its URL. */
  async createDatabase(name: string): Promise<string> {
    await withClient(this.url(), async (client) => {
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    });
    return this.url(name);
  }

  /** Ends the server fast: open transactions are rolled back, what was committed stays. */
  async stop(): Promise<void> {
    await this.#server.stop('SIGINT', stopDeadlineMs);
    if (!this.#setup.keep) await rm(this.#setup.cluster.directory, { recursive: true, force: true });
  }

  /** Ends the server by a signal (SIGKILL unless told otherwise) and waits until it is gone. For failure tests. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#server.kill(signal);
  }

  /** Starts again on the same port and data, after stopping what still runs. */
  async restart(): Promise<void> {
    await this.#server.stop('SIGINT', stopDeadlineMs);
    this.#server = await launch(this.#setup, this.port);
  }
}

function urlOf(setup: Setup, port: number, database: string): string {
  return `postgres://${superuser}:${setup.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

async function launch(setup: Setup, port: number): Promise<ServerProcess> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const server = await launchOnce(setup, port);
    const ready = (): Promise<boolean> => isReady(setup.cluster, server.pid, urlOf(setup, port, 'postgres'));
    if (await waitUntil(ready, { timeoutMs: startTimeoutMs, giveUp: () => !server.running })) return server;
    await server.kill();
    // After a SIGKILL the old server's children need a moment to notice and to let go of the shared memory.
    if (!isMomentary(server.log()) || Date.now() > deadline)
      throw startFailure(setup.cluster, port, server.log());
  }
}

function launchOnce({ cluster, binaries, runAs, durable }: Setup, port: number): Promise<ServerProcess> {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
  ];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return ServerProcess.launch({
    command: binaries.postgres,
    args: ['-D', cluster.data, ...settings.flatMap((setting) => ['-c', setting])],
    runAs,
    // SIGTERM would wait for every client to leave.
    deathSignal: 'INT',
    cwd: cluster.directory,
    env: { ...process.env, LC_ALL: 'C' },
    logFile: cluster.logFile,
  });
}
