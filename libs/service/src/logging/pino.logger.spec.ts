import { describe, expect, it } from '@jest/globals';
import { type JsonObject, jsonObject } from '../json.test-support.ts';
import { PinoLogger } from './pino.logger.ts';

function logged(act: (logger: PinoLogger) => void, level: 'trace' | 'warn' = 'trace'): JsonObject[] {
  const lines: string[] = [];
  act(new PinoLogger({ service: 'order', instance: 'one', level, write: (line) => lines.push(line) }));
  return lines.map(jsonObject);
}

describe('PinoLogger', () => {
  it('writes one line of JSON with service, instance, context and level', () => {
    const [line] = logged((logger) => logger.log('started', 'Boot'));
    expect(line).toMatchObject({
      level: 'info',
      service: 'order',
      instance: 'one',
      context: 'Boot',
      msg: 'started',
    });
  });

  it('takes fields from an object', () => {
    const [line] = logged((logger) =>
      logger.warn({ msg: 'parked', messageId: 'm1', sequence: 7, attempt: 2 }, 'Lane'),
    );
    expect(line).toMatchObject({
      level: 'warn',
      msg: 'parked',
      messageId: 'm1',
      sequence: 7,
      attempt: 2,
      context: 'Lane',
    });
  });

  it('keeps an error with its cause and its code, without the members of the driver', () => {
    const cause = Object.assign(new Error('refused'), {
      code: '23505',
      detail: 'Key (email)=(x@example.org) exists',
    });
    const [line] = logged((logger) => logger.error(new Error('failed', { cause }), 'Store'));
    expect(line).toMatchObject({
      msg: 'failed',
      err: { type: 'Error', cause: { message: 'refused', code: '23505' } },
    });
    expect(JSON.stringify(line)).not.toContain('example.org');
  });

  it('keeps the stack that Nest passes beside a text', () => {
    const [line] = logged((logger) => logger.error('failed', 'Error: failed\n  at x', 'Store'));
    expect(line).toMatchObject({ msg: 'failed', stack: 'Error: failed\n  at x', context: 'Store' });
  });

  it('leaves out what is secret, wherever it stands', () => {
    const lines = logged((logger) => {
      logger.log({
        msg: 'in',
        headers: { authorization: 'Bearer abc.def', cookie: 'a=b' },
        order: { paymentToken: 'tok_approve' },
      });
      logger.log('mail to jane.doe+x@mail.example.org with Bearer abc.def and tok_approve');
      logger.error(new Error('connect postgres://order:hunter2@db:5432/x'));
      logger.log({ note: ['jane.doe@example.org'] });
    });
    expect(JSON.stringify(lines)).not.toMatch(/abc\.def|a=b|tok_approve|jane|hunter2/);
    expect(lines[1]?.['msg']).toBe('mail to [redacted] with Bearer [redacted] and [redacted]');
  });

  it('writes nothing below its level', () => {
    expect(logged((logger) => logger.log('quiet'), 'warn')).toEqual([]);
  });

  it('leaves boot errors to the one who reports them', () => {
    expect(logged((logger) => logger.error(new Error('x'), undefined, 'ExceptionHandler'))).toEqual([]);
  });
});
