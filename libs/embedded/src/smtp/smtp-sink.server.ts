import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { listen } from './listen.ts';
import { MessageStore } from './message-store.ts';
import { messageView } from './message-view.ts';
import type { ReceivedMessage } from './received-message.ts';

export interface SmtpSinkOptions {
  /** A free one when left out. */
  port?: number;
  /** Port of the HTTP view; a free one when left out. */
  httpPort?: number;
  /** Default 127.0.0.1: the sink takes mail from anyone who reaches it. */
  host?: string;
  /** Keeps the messages over a restart. In memory only when left out. */
  file?: string;
}

/**
 * Takes every message and sends none on. A message is answered with success once it is kept. The HTTP view has
 * `GET /messages`, `DELETE /messages` and `GET /health`.
 */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const { host = '127.0.0.1', port = 0, httpPort = 0 } = options;
  const store = await MessageStore.open(options.file);
  const smtp = smtpServer(store);
  const http = createServer(messageView(store));
  const smtpPort = await listen(smtp.server, port, host);
  try {
    const viewPort = await listen(http, httpPort, host);
    return new SmtpSink({ store, smtp, http, host, ports: { smtp: smtpPort, http: viewPort } });
  } catch (error) {
    await closed((done) => smtp.close(done));
    throw error;
  }
}

interface Parts {
  store: MessageStore;
  smtp: SMTPServer;
  http: Server;
  host: string;
  ports: { smtp: number; http: number };
}

export class SmtpSink {
  /** For SMTP clients: `smtp://host:port`. */
  readonly url: string;
  readonly port: number;
  readonly httpUrl: string;
  readonly #parts: Parts;

  /** Made by `startSmtpSink`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.port = parts.ports.smtp;
    this.url = `smtp://${parts.host}:${parts.ports.smtp}`;
    this.httpUrl = `http://${parts.host}:${parts.ports.http}`;
  }

  /** Oldest first. */
  messages(): Promise<ReceivedMessage[]> {
    return this.#parts.store.list();
  }

  clear(): Promise<void> {
    return this.#parts.store.clear();
  }

  async stop(): Promise<void> {
    const { smtp, http } = this.#parts;
    http.closeAllConnections();
    await Promise.all([closed((done) => smtp.close(done)), closed((done) => http.close(() => done()))]);
  }
}

function smtpServer(store: MessageStore): SMTPServer {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1_000,
    onData: (stream, session, callback) => {
      keep(stream, session, store).then(() => callback(), callback);
    },
  });
  // Without a listener an error would end the process. A taken port is reported by `listen`; a client that breaks off
  // concerns that client only, which was not told that its message is kept.
  server.on('error', () => undefined);
  return server;
}

async function keep(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  store: MessageStore,
): Promise<void> {
  const { mailFrom, rcptTo } = session.envelope;
  const raw = (await buffer(stream)).toString('latin1');
  const from = mailFrom === false ? '' : mailFrom.address;
  const to = rcptTo.map(({ address }) => address);
  await store.add({ from, to, raw, receivedAt: new Date().toISOString() });
}

function closed(close: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => close(resolve));
}
