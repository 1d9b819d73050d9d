import { describe, expect, it } from '@jest/globals';
import { classifySmtpFailure } from './smtp-failure.ts';

const failure = (fields: object) => Object.assign(new Error('550 <ada@example.com> unknown'), fields);

describe('a failure of SMTP', () => {
  it.each([
    [
      'a mailbox that does not exist',
      { code: 'EENVELOPE', responseCode: 550, permanent: true },
      'MAIL_REFUSED',
    ],
    ['content that is refused', { code: 'EMESSAGE', responseCode: 554, permanent: true }, 'MAIL_REFUSED'],
    ['a full mailbox', { code: 'EENVELOPE', responseCode: 452, permanent: false }, 'MAIL_NOT_ACCEPTED'],
    ['a password that is wrong', { code: 'EAUTH', responseCode: 535, permanent: true }, 'MAIL_NOT_ACCEPTED'],
    ['a server that is away', { code: 'ESOCKET' }, 'MAIL_NOT_ACCEPTED'],
    ['our deadline', { code: 'EABORT' }, 'MAIL_NOT_ACCEPTED'],
  ])('%s', (_what, fields, code) => {
    expect(classifySmtpFailure(failure(fields))).toMatchObject({ code });
  });

  it('never carries the address', () => {
    const { message, cause } = classifySmtpFailure(
      failure({ code: 'EENVELOPE', responseCode: 550, permanent: true }),
    );
    expect(message).not.toContain('ada');
    expect(cause).toBeUndefined();
  });
});
