import { freePort } from '@orderflow/embedded';
import { connect } from 'amqplib';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from './find-program.ts';
import { launchOnPort, type PortServer } from './launch-on-port.ts';
import type { ServerStarter } from './server-kind.ts';

/** Debian's script in `sbin` changes to a user of its own; the one behind it runs as whoever starts it. */
const scriptFolder = '/usr/lib/rabbitmq/bin';
const find = (name: string): string | undefined => findProgram(name, [scriptFolder]);

export const rabbitmqServer: ServerStarter = {
  kind: 'rabbitmq',
  missing: () => {
    const absent = ['rabbitmq-server', 'epmd'].filter((name) => find(name) === undefined);
    return absent.length === 0 ? undefined : `${absent.join(' and ')} is not on this machine`;
  },
  async start(directory) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const epmd = await startPortMapper(directory);
    try {
      const server = await startBroker(directory, epmd.port);
      const url = `amqp://guest:guest@127.0.0.1:${server.port}`;
      return {
        version: await versionOf(url),
        addresses: async () => ({ rabbitmq: url }),
        stop: async () => {
          await server.stop();
          await epmd.stop();
        },
      };
    } catch (error) {
      await epmd.stop();
      throw error;
    }
  },
};

async function versionOf(url: string): Promise<string> {
  const client = await connect(url);
  const { version } = client.connection.serverProperties;
  await client.close();
  return version;
}

/** Erlang would start one for the whole machine and leave it running. */
async function startPortMapper(directory: string): Promise<PortServer> {
  return await launchOnPort(async (port) => ({
    command: find('epmd') ?? 'epmd',
    args: ['-port', String(port), '-address', '127.0.0.1'],
    cwd: directory,
    logFile: path.join(directory, 'epmd.log'),
  }));
}

async function startBroker(directory: string, epmdPort: number): Promise<PortServer> {
  const configFile = path.join(directory, 'rabbitmq.conf');
  const distributionPort = await freePort();
  const at = (name: string): string => path.join(directory, name);
  // SIGKILL: what it holds is thrown away, and its own way to stop takes seconds.
  return await launchOnPort(async (port) => {
    await writeFile(configFile, `listeners.tcp.1 = 127.0.0.1:${port}\nlog.console.level = warning\n`);
    await writeFile(at('enabled_plugins'), '[].\n');
    return {
      command: find('rabbitmq-server') ?? 'rabbitmq-server',
      args: [],
      cwd: directory,
      logFile: at('rabbitmq-server.log'),
      env: {
        ...process.env,
        HOME: directory,
        ERL_EPMD_PORT: String(epmdPort),
        RABBITMQ_NODENAME: `bench${port}@localhost`,
        RABBITMQ_DIST_PORT: String(distributionPort),
        RABBITMQ_CONFIG_FILE: configFile,
        RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
        RABBITMQ_MNESIA_BASE: at('data'),
        RABBITMQ_LOG_BASE: at('log'),
        RABBITMQ_LOGS: '-',
        RABBITMQ_PID_FILE: at('pid'),
        // The script becomes the server instead of waiting for it, so that a signal reaches the server itself.
        RUNNING_UNDER_SYSTEMD: 'true',
      },
    };
  }, 'SIGKILL');
}
