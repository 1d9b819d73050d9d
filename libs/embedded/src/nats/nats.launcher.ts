import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ServerProcess } from '../server-process.ts';
import { waitUntil } from '../wait-until.ts';
import { findNatsServer } from './find-nats-server.ts';
import { portsDirectory, renderNatsConfig } from './nats-config.ts';
import { startFailure } from './nats-failure.ts';
import { readPorts, type NatsPorts } from './nats-ports.ts';

export interface NatsOptions {
  /** Holds the configuration, the JetStream store and `nats-server.log`; created when missing. */
  directory: string;
  /** A free one when left out. A port that is given and taken is an error. */
  port?: number;
  /** Path of nats-server; looked for with `findNatsServer` when left out. */
  binary?: string;
  /** Default `orderflow`. Each server of a cluster needs its own. */
  serverName?: string;
  /** JetStream's `sync_interval`, e.g. `always`. The server's default is two minutes. */
  syncInterval?: string;
  /** More configuration in the server's own language, appended to the generated one. */
  config?: string;
  /** Part of a cluster: healthy only once that has a JetStream leader. Default false. */
  clustered?: boolean;
  /** False removes the directory at `stop()`. Default true. */
  keep?: boolean;
}

interface Setup extends NatsOptions {
  binary: string;
}

const defaultName = 'orderflow';
const startTimeoutMs = 30_000;
const stopDeadlineMs = 10_000;
const serverChooses: NatsPorts = { port: -1, monitorPort: -1 };

/**
 * Starts a real nats-server with JetStream on the loopback address and waits until it is healthy. On Linux it ends by
 * itself when this process dies. Throws `EmbeddedError`.
 */
export async function startNats(options: NatsOptions): Promise<NatsProcess> {
  const directory = path.resolve(options.directory);
  const binary = options.binary ?? (await findNatsServer()).path;
  const setup = { ...options, directory, binary };
  const wanted = { ...serverChooses, ...(options.port === undefined ? {} : { port: options.port }) };
  const { server, ports } = await launch(setup, wanted);
  return new NatsProcess(setup, ports, server);
}

/** A nats-server that was started here. `pid` changes at a restart; ports and store stay. */
export class NatsProcess {
  readonly port: number;
  readonly url: string;
  /** Base URL of the monitoring endpoints, e.g. `${monitorUrl}/jsz`. */
  readonly monitorUrl: string;
  readonly #setup: Setup;
  readonly #ports: NatsPorts;
  #server: ServerProcess;

  /** Made by `startNats`. */
  constructor(setup: Setup, ports: NatsPorts, server: ServerProcess) {
    this.#setup = setup;
    this.#ports = ports;
    this.#server = server;
    this.port = ports.port;
    this.url = `nats://127.0.0.1:${ports.port}`;
    this.monitorUrl = `http://127.0.0.1:${ports.monitorPort}`;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** As the broker calls this server. */
  get name(): string {
    return this.#setup.serverName ?? defaultName;
  }

  get logFile(): string {
    return logFileOf(this.#setup);
  }

  async stop(): Promise<void> {
    await this.#server.stop('SIGTERM', stopDeadlineMs);
    if (this.#setup.keep === false) await rm(this.#setup.directory, { recursive: true, force: true });
  }

  /** Ends the server by a signal (SIGKILL unless told otherwise) and waits until it is gone. For failure tests. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#server.kill(signal);
  }

  /** Starts again on the same ports and store, after stopping what still runs. */
  async restart(): Promise<void> {
    await this.#server.stop('SIGTERM', stopDeadlineMs);
    const { server } = await launch(this.#setup, this.#ports);
    this.#server = server;
  }
}

function logFileOf(setup: Setup): string {
  return path.join(setup.directory, 'nats-server.log');
}

async function launch(setup: Setup, wanted: NatsPorts): Promise<{ server: ServerProcess; ports: NatsPorts }> {
  const { directory, syncInterval, config: extra, serverName = defaultName } = setup;
  const configFile = path.join(directory, 'nats-server.conf');
  // A killed server leaves its ports file behind, and process ids come again.
  await rm(portsDirectory(directory), { recursive: true, force: true });
  await mkdir(portsDirectory(directory), { recursive: true });
  await writeFile(configFile, renderNatsConfig({ directory, serverName, syncInterval, extra, ...wanted }));
  const server = await ServerProcess.launch({
    command: setup.binary,
    args: ['--config', configFile],
    deathSignal: 'TERM',
    cwd: directory,
    logFile: logFileOf(setup),
  });
  let ports: NatsPorts | undefined;
  const healthy = await waitUntil(
    async () => {
      ports ??= await readPorts(directory, server.pid);
      return ports !== undefined && (await isHealthy(ports.monitorPort, setup.clustered === true));
    },
    { timeoutMs: startTimeoutMs, giveUp: () => !server.running },
  );
  if (healthy && ports !== undefined) return { server, ports };
  await server.kill();
  throw startFailure({ directory, logFile: logFileOf(setup) }, wanted, server.log());
}

/**
 * Neither question is about the state of streams: one that is being restored must not look like a failed start.
 * `js-server-only` is answered well by a server of a cluster that has no leader yet, and thus cannot make a stream.
 */
async function isHealthy(monitorPort: number, clustered: boolean): Promise<boolean> {
  const question = clustered ? 'js-meta-only' : 'js-server-only';
  try {
    const signal = AbortSignal.timeout(2_000);
    const response = await fetch(`http://127.0.0.1:${monitorPort}/healthz?${question}=true`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Not listening yet; the caller has the deadline and the log.
    return false;
  }
}
