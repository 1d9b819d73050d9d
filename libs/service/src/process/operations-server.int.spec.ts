import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@orderflow/testing';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ProcessConfig } from '../config/process.config.ts';
import { readConfig } from '../config/read-config.ts';
import { ProblemApp } from '../problem/problem-app.test-support.ts';
import { callJson } from './http-call.test-support.ts';
import { startTestProcess, type TestProcess } from './test-process.test-support.ts';

let test: TestProcess;
let operations: string;

beforeAll(async () => {
  const port = await freePort();
  test = await startTestProcess(ProblemApp, { OPS_PORT: String(port) });
  operations = `http://127.0.0.1:${String(port)}`;
});

afterAll(async () => {
  await test.app.close();
});

const OPERATIONS = ['/health/live', '/health/startup', '/health/ready', '/docs', '/docs-json'];

describe('with OPS_PORT', () => {
  it.each(OPERATIONS)('%s is on that port, and not on PORT', async (path) => {
    expect((await fetch(`${operations}${path}`)).status).toBe(200);
    expect(await callJson(`${test.url}${path}`)).toMatchObject({
      status: 404,
      type: expect.stringContaining('application/problem+json'),
    });
  });

  // As the router reads them.
  it.each(['/%68ealth/live', '/health/live?', '/health/live#x'])('%s is not on PORT either', async (path) => {
    expect((await fetch(`${test.url}${path}`)).status).toBe(404);
  });

  it('what customers call is on PORT, and not on that port', async () => {
    expect((await fetch(`${test.url}/orders`)).status).toBe(200);
    expect((await fetch(`${operations}/orders`)).status).toBe(404);
    const posted = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await fetch(`${operations}/orders`, posted)).status).toBe(404);
  });

  it('an unknown path is answered 404 on both', async () => {
    for (const url of [test.url, operations]) expect((await fetch(`${url}/unknown`)).status).toBe(404);
  });

  it('a stop ends with a kept connection and a half-sent request on that port', async () => {
    const port = await freePort();
    const stopped = await startTestProcess(ProblemApp, { OPS_PORT: String(port) });
    const half = connect(port, '127.0.0.1');
    half.write('GET /health/live HTTP/1.1\r\n');
    const ended = once(half.resume(), 'close');
    await fetch(`http://127.0.0.1:${String(port)}/health/live`);
    await stopped.app.close();
    await ended;
    await expect(fetch(`http://127.0.0.1:${String(port)}/health/live`)).rejects.toThrow();
  });
});

it('OPS_PORT may not be PORT', () => {
  const env = { PORT: '3000', OPS_PORT: '3000' };
  expect(() => readConfig(ProcessConfig, env)).toThrow(/OPS_PORT.*must not be PORT/s);
  expect(readConfig(ProcessConfig, { PORT: '0' }).opsPort).toBe(0);
});
