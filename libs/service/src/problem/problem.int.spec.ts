import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, callJson, postJson } from '../process/http-call.test-support.ts';
import { startTestProcess, type TestProcess } from '../process/test-process.test-support.ts';
import { ProblemApp } from './problem-app.test-support.ts';

let test: TestProcess;

beforeAll(async () => {
  test = await startTestProcess(ProblemApp);
});

afterAll(async () => {
  await test.app.close();
});

const call = (path: string): Promise<Answer> => callJson(`${test.url}${path}`);
const post = (body: unknown, type?: string): Promise<Answer> => postJson(`${test.url}/orders`, body, type);

/** What a client without manners sends, byte for byte. */
async function raw(request: string): Promise<string> {
  const socket = connect(Number(new URL(test.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.end(request);
  await once(socket, 'close');
  return answer;
}

const LINE = { sku: 'MUG', quantity: 1 };

describe('problem details', () => {
  it.each([
    ['malformed JSON', '{"userId": "u1", oops', 400, 'The body is not valid JSON.'],
    ['an empty body', '', 400, 'The body is empty but is said to be JSON.'],
    ['a poisoned prototype', '{"__proto__": {"admin": true}}', 400, 'The body is not valid JSON.'],
    [
      'more than 256 KiB',
      `{"note":"${'x'.repeat(256 * 1024)}"}`,
      413,
      'The body is larger than this route takes.',
    ],
  ])('answers %s', async (_name, body, status, detail) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status, type: expect.stringMatching(/^application\/problem\+json/) });
    expect(answer.body).toMatchObject({ status, detail, type: 'about:blank' });
    expect(answer.body['instance']).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'answers %s with 415',
    async (type) => {
      expect(await post('a=b', type)).toMatchObject({
        status: 415,
        body: { title: 'Unsupported Media Type' },
      });
    },
  );

  it.each([
    ['an unknown field', { userId: 'u', lines: [LINE], colour: 'red' }, 'colour', 'is not a known field'],
    [
      'an unknown nested field',
      { userId: 'u', lines: [{ ...LINE, price: 1 }] },
      'lines.0.price',
      'is not a known field',
    ],
    [
      'a nested value',
      { userId: 'u', lines: [LINE, { sku: 'MUG', quantity: 0 }] },
      'lines.1.quantity',
      'must not be less than 1',
    ],
    [
      'a number in quotes',
      { userId: 'u', lines: [{ sku: 'MUG', quantity: '1' }] },
      'lines.0.quantity',
      'must be an integer number',
    ],
    ['no lines', { userId: 'u', lines: [] }, 'lines', 'should not be empty'],
    [
      'too many lines',
      { userId: 'u', lines: Array(101).fill(LINE) },
      'lines',
      'must contain no more than 100 elements',
    ],
    ['a key that could break a subject', { userId: 'a.b', lines: [LINE] }, 'userId', 'must match'],
    ['a list', [], 'userId', 'must match'],
    ['a text', '"text"', 'userId', 'must match'],
    ['null', 'null', 'userId', 'must match'],
  ])('answers %s with 422 and the field', async (_name, body, field, message) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 422, type: expect.stringContaining('problem+json') });
    expect(answer.body['errors']).toContainEqual({ field, message: expect.stringContaining(message) });
  });

  it('refuses a body that nests too deep, instead of falling over it', async () => {
    const answer = await post(
      `{"userId":"u","lines":[{"sku":"M","quantity":1}],"note":${'['.repeat(60_000)}${']'.repeat(60_000)}}`,
    );
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'body' }] } });
  });

  it('names query parameters and bounds the list of errors', async () => {
    const query = await call('/orders?limit=many');
    expect(query).toMatchObject({ status: 422, body: { errors: [{ field: 'limit' }] } });
    const lines = Array(100).fill({ sku: 1, quantity: 'x' });
    expect((await post({ userId: 'u', lines })).body['errors']).toHaveLength(100);
  });

  it.each([
    ['an unknown route', '/nowhere', 404],
    ['a malformed path', '/orders/%ff', 400],
    ['a bad parameter', '/orders/no-uuid', 400],
    ["Nest's own exceptions", '/orders/missing', 404],
  ])('answers %s', async (_name, path, status) => {
    const answer = await call(path);
    expect(answer).toMatchObject({ status, type: expect.stringContaining('problem+json'), body: { status } });
  });

  it('answers what is not HTTP', async () => {
    const answer = await raw('POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n{}');
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('application/problem+json');
  });

  it('keeps type, title and members of its own', async () => {
    const { body } = await call('/orders/refused');
    expect(body).toMatchObject({
      type: 'https://example.org/closed',
      title: 'Closed',
      status: 409,
      code: 'closed',
    });
  });

  it('says nothing of an internal error, and logs it under the same id', async () => {
    const { status, body } = await call('/orders/boom');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toMatch(/secret|hunter2|postgres|\.ts/);
    const line = test.log.find(({ problem }) => problem === body['instance']);
    expect(line).toMatchObject({ level: 'error', method: 'GET', route: '/orders/boom', status: 500 });
    expect(JSON.stringify(line)).toContain('secret internals');
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('asks the caller to come again when the database is away', async () => {
    const { status, body } = await call('/orders/unreachable');
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
  });
});
