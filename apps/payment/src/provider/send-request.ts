import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** An address that swallows packets must not cost the whole time of a call. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Of an answer. What the provider says about one charge is a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface OutgoingPost {
  url: string;
  headers: http.OutgoingHttpHeaders;
  body: string;
  agent: http.Agent;
  /** Ends the call, the reading of its answer included. */
  signal: AbortSignal;
}

export interface ProviderAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/**
 * Sends one POST and reads its answer, which may be 64 KiB.
 *
 * @param progress `connected` becomes true once the connection stands, TLS included: a failure before that is no answer to this call
 */
export async function send(post: OutgoingPost, progress: { connected: boolean }): Promise<ProviderAnswer> {
  const { url, headers, body, agent, signal } = post;
  const request = url.startsWith('https:') ? https.request : http.request;
  const length = { 'content-length': Buffer.byteLength(body) };
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, signal, headers: { ...headers, ...length } });
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => watchConnect(socket, outgoing, progress));
    outgoing.on('response', (incoming) => {
      readText(incoming).then((text) => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      }, reject);
    });
    outgoing.end(body);
  });
}

function watchConnect(socket: Socket, outgoing: http.ClientRequest, progress: { connected: boolean }): void {
  // A kept connection.
  if (outgoing.reusedSocket) {
    progress.connected = true;
    return;
  }
  const late = setTimeout(() => {
    outgoing.destroy(new Error(`no connection within ${String(CONNECT_TIMEOUT_MS)} ms`));
  }, CONNECT_TIMEOUT_MS);
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
    progress.connected = true;
    clearTimeout(late);
  });
  socket.once('close', () => clearTimeout(late));
}

async function readText(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new Error(`the answer is larger than ${String(MAX_ANSWER_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
