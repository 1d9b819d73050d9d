import { afterEach, describe, expect, it } from '@jest/globals';
import { appendFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import { withTakenPort } from '../taken-port.test-support.ts';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { startSmtpSink, type SmtpSink, type SmtpSinkOptions } from './smtp-sink.server.ts';

const temporaryFolder = temporaryFolders();
const running: SmtpSink[] = [];

async function start(options?: SmtpSinkOptions): Promise<SmtpSink> {
  const sink = await startSmtpSink(options);
  running.push(sink);
  return sink;
}

async function send(sink: SmtpSink, subject: string): Promise<string> {
  const transport = createTransport(sink.url);
  const mail = {
    from: 'Shop <shop@example.org>',
    to: 'ada@example.org',
    subject,
    text: 'Grüße\n',
    headers: { 'X-Order': '7' },
  };
  const { messageId } = await transport.sendMail(mail);
  transport.close();
  return messageId;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sink) => sink.stop()));
});

describe('the SMTP sink', () => {
  it('keeps messages in the order of their arrival and shows them by HTTP', async () => {
    const sink = await start();
    const messageId = await send(sink, 'first ✓');
    await send(sink, 'second');
    const response = await fetch(`${sink.httpUrl}/messages`);
    const seen: unknown = await response.json();
    expect(seen).toEqual(await sink.messages());
    expect(seen).toMatchObject([
      {
        from: 'shop@example.org',
        to: ['ada@example.org'],
        subject: 'first ✓',
        text: 'Grüße\n',
        messageId,
        headers: { 'message-id': messageId, 'x-order': '7', from: 'Shop <shop@example.org>' },
      },
      { subject: 'second' },
    ]);
  });

  it('forgets nothing over a restart, and an unfinished line of a crash is no hindrance', async () => {
    const file = path.join(await temporaryFolder(), 'mail', 'messages.jsonl');
    const before = await start({ file });
    await send(before, 'kept');
    await before.stop();
    await appendFile(file, '{"subject":"half');
    const after = await start({ file });
    await send(after, 'new');
    await after.stop();
    const last = await start({ file });
    expect((await last.messages()).map(({ subject }) => subject)).toEqual(['kept', 'new']);
  });

  it('shows the messages of a file that an earlier version wrote', async () => {
    const file = path.join(await temporaryFolder(), 'earlier.jsonl');
    const message = {
      from: 'a@b.example',
      to: ['c@d.example'],
      subject: 'old',
      text: 'text',
      headers: {},
      receivedAt: '2026-01-01T00:00:00.000Z',
    };
    await writeFile(file, `${JSON.stringify(message)}\n`);
    expect(await (await start({ file })).messages()).toEqual([message]);
  });

  it('can be emptied, for good', async () => {
    const file = path.join(await temporaryFolder(), 'messages.jsonl');
    const sink = await start({ file });
    await send(sink, 'gone');
    const response = await fetch(`${sink.httpUrl}/messages`, { method: 'DELETE' });
    expect(response.status).toBe(204);
    expect(await sink.messages()).toEqual([]);
    await sink.stop();
    const again = await start({ file });
    expect(await again.messages()).toEqual([]);
  });

  it('goes on after a client that breaks off in the middle of a message', async () => {
    const sink = await start();
    const client = connect(sink.port, '127.0.0.1');
    client.write('EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: half');
    await once(client, 'data');
    client.resetAndDestroy();
    await once(client, 'close');
    await send(sink, 'whole');
    expect((await sink.messages()).map(({ subject }) => subject)).toEqual(['whole']);
  });

  it('says that it is well, and what it has', async () => {
    const sink = await start();
    const answers = ['health', 'elsewhere'].map((name) => fetch(`${sink.httpUrl}/${name}`));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual([200, 404]);
  });

  it.each(['port', 'httpPort'])('refuses a %s that is taken, with the remedy', async (which) => {
    await withTakenPort(async (port) => {
      await expect(startSmtpSink({ [which]: port })).rejects.toMatchObject({
        code: 'port_taken',
        remedy: expect.stringContaining('another port'),
      });
    });
  });
});
