import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MailView } from './mail-view.ts';

let mailpit: Server | undefined;
let view: MailView | undefined;

afterEach(async () => {
  await view?.close();
  mailpit?.close();
});

/** Answers as Mailpit does, from a list of so many mails. */
async function openView(count: number, answer?: object): Promise<string> {
  const mails = Array.from({ length: count }, (_, at) => ({
    MessageID: `${at}@shop`,
    Subject: `order ${at}`,
  }));
  mailpit = createServer(({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://mailpit');
    const [start, limit] = [Number(searchParams.get('start')), Number(searchParams.get('limit'))];
    response.end(JSON.stringify(answer ?? { messages: mails.slice(start, start + limit) }));
  }).listen(0, '127.0.0.1');
  await once(mailpit, 'listening');
  const address = mailpit.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  view = await MailView.open(`http://127.0.0.1:${port ?? ''}`);
  return `${view.url}/messages`;
}

describe('MailView', () => {
  it.each([0, 1, 250, 601])('shows all of %d mails, as the checks read them', async (count) => {
    const shown = await (await fetch(await openView(count))).json();
    expect(shown).toHaveLength(count);
    expect(shown).toEqual(
      Array.from({ length: count }, (_, at) => ({ messageId: `<${at}@shop>`, subject: `order ${at}` })),
    );
  });

  it('takes no other answer for an empty list', async () => {
    const response = await fetch(await openView(0, { error: 'no database' }));
    expect(response.status).toBe(502);
  });
});
