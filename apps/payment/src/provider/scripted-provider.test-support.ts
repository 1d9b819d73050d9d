import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ReceivedCall {
  route: string;
  idempotencyKey: string;
  body: unknown;
}

export interface ScriptedAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as it is when it is text, as JSON otherwise. */
  body?: unknown;
}

/** `undefined`: no answer at all. */
export type Script = (call: ReceivedCall) => ScriptedAnswer | undefined;

export interface ScriptedProvider {
  url: string;
  /** Every call so far. */
  calls: readonly ReceivedCall[];
  callsTo(route: string): ReceivedCall[];
  follow(script: Script): void;
  stop(): Promise<void>;
}

/** An HTTP server that answers as a test tells it, for what the sandbox does not do. */
export async function startScriptedProvider(script: Script): Promise<ScriptedProvider> {
  const calls: ReceivedCall[] = [];
  let current = script;
  const server = createServer((request, response) => {
    void read(request).then((call) => {
      calls.push(call);
      write(response, current(call));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The provider has no port.');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    calls,
    callsTo: (route) => calls.filter((call) => call.route === route),
    follow: (next) => {
      current = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<ReceivedCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  return { route: request.url ?? '', idempotencyKey: String(request.headers['idempotency-key']), body };
}

function write(response: ServerResponse, answer: ScriptedAnswer | undefined): void {
  if (answer === undefined) return;
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text);
}
