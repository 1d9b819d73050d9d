import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

const pageSize = 250;
const answerMs = 10_000;

interface MailpitMessage {
  MessageID: string;
  Subject: string;
}

/** Shows what Mailpit has received as the checks read it from the embedded SMTP sink: `GET /messages`. Loopback only. */
export class MailView {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param mailpit its web address */
  static async open(mailpit: string): Promise<MailView> {
    const server = createServer((_request, response) => {
      void readAll(mailpit).then(
        (mails) => response.setHeader('content-type', 'application/json').end(JSON.stringify(mails)),
        (error: unknown) => response.writeHead(502).end(String(error)),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the mail view has no port');
    return new MailView(server, address.port);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function readAll(mailpit: string): Promise<{ subject: string; messageId: string }[]> {
  const found: MailpitMessage[] = [];
  for (;;) {
    const url = `${mailpit}/api/v1/messages?start=${found.length}&limit=${pageSize}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    const page = response.ok ? messagesOf(await response.json()) : undefined;
    if (page === undefined) throw new Error(`GET ${url} answered ${response.status} and no list of messages`);
    found.push(...page);
    // Mailpit leaves the angle brackets out that belong to a Message-ID.
    if (page.length < pageSize)
      return found.map(({ Subject, MessageID }) => ({ subject: Subject, messageId: `<${MessageID}>` }));
  }
}

function messagesOf(body: unknown): MailpitMessage[] | undefined {
  if (typeof body !== 'object' || body === null || !('messages' in body)) return undefined;
  const { messages } = body;
  return Array.isArray(messages) && messages.every(isMessage) ? messages : undefined;
}

function isMessage(value: unknown): value is MailpitMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { MessageID, Subject } = { MessageID: undefined, Subject: undefined, ...value };
  return typeof MessageID === 'string' && typeof Subject === 'string';
}
