import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For what is on its way: a request that is not complete by then is given up by both sides. */
const GRACE_MS = 1_000;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * Keeps a stop from waiting for requests that never end: Node's `close()` waits for every connection that has sent the
 * beginning of one. Requests that have arrived whole are answered.
 */
export class HalfSentRequests {
  readonly #sockets = new Map<Socket, Exchange | undefined>();

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.#sockets.has(request.socket)) this.#sockets.set(request.socket, { request, response });
    });
  }

  /** Called when the server is about to close. Resolves at once; what is not complete ends a second later. */
  giveUp(): void {
    setTimeout(() => {
      for (const [socket, exchange] of this.#sockets) if (!isBeingAnswered(exchange)) socket.destroy();
    }, GRACE_MS).unref();
  }
}

function isBeingAnswered(exchange: Exchange | undefined): boolean {
  return exchange !== undefined && exchange.request.complete && !exchange.response.writableFinished;
}
