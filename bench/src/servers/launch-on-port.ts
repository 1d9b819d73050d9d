import { freePort, type ServerOptions, ServerProcess } from '@orderflow/embedded';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const startTimeoutMs = 60_000;
const stopDeadlineMs = 15_000;

export interface PortServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server of others on a free port and waits until it accepts connections. It ends with this process (Linux). */
export async function launchOnPort(
  optionsFor: (port: number) => Promise<Omit<ServerOptions, 'deathSignal'>>,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<PortServer> {
  const port = await freePort();
  const options = await optionsFor(port);
  const server = await ServerProcess.launch({ ...options, deathSignal: 'TERM' });
  const deadline = Date.now() + startTimeoutMs;
  while (!(await accepts(port))) {
    if (server.running && Date.now() < deadline) {
      await delay(20);
      continue;
    }
    await server.kill();
    throw new Error(`${options.command} did not start:\n${server.log().slice(-2_000)}`);
  }
  return { port, stop: () => server.stop(signal, stopDeadlineMs) };
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
