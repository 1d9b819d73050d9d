import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';

export interface FreezingProxy {
  readonly url: string;
  /** From now on nothing gets through: open connections stay open and silent, new ones are accepted and not answered. */
  freeze(): void;
  /** What was held back goes on; silent new connections are ended. */
  thaw(): void;
  stop(): void;
}

/** A network in front of a server, which can swallow everything. */
export async function freezingProxy(target: string): Promise<FreezingProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  let frozen = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((inner) => {
    keep(inner);
    if (frozen) {
      silent.add(inner);
      return;
    }
    const outer = connect(Number(targetPort), hostname);
    keep(outer);
    inner.pipe(outer).pipe(inner);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `nats://127.0.0.1:${String(port)}`,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of silent) socket.destroy();
      silent.clear();
      for (const socket of sockets) socket.resume();
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
