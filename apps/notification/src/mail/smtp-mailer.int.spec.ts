import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { type SmtpSink, startSmtpSink } from '@orderflow/embedded';
import { NotificationConfig } from '../config.ts';
import { testConfig } from '../config.test-support.ts';
import { SmtpMailer } from './smtp-mailer.ts';

const MAIL = {
  messageId: '<6f0f8a3e-93d3-5a55-8f0c-3a1f5f2d7b11@orderflow.example>',
  to: 'ada@example.com',
  subject: 'Your order is on its way',
  text: 'It has left our house.\n',
};
const PATIENT = new AbortController().signal;

describe('the SMTP mailer', () => {
  let sink: SmtpSink;
  let mailer: SmtpMailer;

  beforeEach(async () => {
    sink = await startSmtpSink();
    const config = testConfig({ SMTP_URL: sink.url });
    // Resolved by its constructor's types, as in the service: a type-only import of the configuration would fail here.
    const module = await Test.createTestingModule({
      providers: [SmtpMailer, { provide: NotificationConfig, useValue: config }],
    }).compile();
    mailer = module.get(SmtpMailer);
  });

  afterEach(async () => {
    mailer.onApplicationShutdown();
    await sink.stop();
  });

  it('hands a mail over with the Message-ID that it was given', async () => {
    await mailer.send(MAIL, PATIENT);
    expect(await sink.messages()).toMatchObject([
      { from: 'orders@orderflow.example', to: [MAIL.to], subject: MAIL.subject, messageId: MAIL.messageId },
    ]);
  });

  it('sends many mails, one each', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `<${String(index)}@orderflow.example>`);
    await Promise.all(ids.map((messageId) => mailer.send({ ...MAIL, messageId }, PATIENT)));
    const sent = await sink.messages();
    expect(sent.map(({ messageId }) => messageId).sort()).toEqual(ids.sort());
  });

  it('says that a mail was not accepted when the server is away, and sends again when it is back', async () => {
    const { port } = sink;
    await mailer.send(MAIL, PATIENT);
    await sink.stop();
    await expect(mailer.send(MAIL, PATIENT)).rejects.toMatchObject({ code: 'MAIL_NOT_ACCEPTED' });
    sink = await startSmtpSink({ port });
    await mailer.send(MAIL, PATIENT);
    expect(await sink.messages()).toHaveLength(1);
  });

  it('stops when the caller does', async () => {
    await expect(mailer.send(MAIL, AbortSignal.abort())).rejects.toMatchObject({ code: 'MAIL_NOT_ACCEPTED' });
    expect(await sink.messages()).toEqual([]);
  });
});
