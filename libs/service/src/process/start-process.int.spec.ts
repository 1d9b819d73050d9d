import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProblemApp } from '../problem/problem-app.test-support.ts';
import { callJson } from './http-call.test-support.ts';
import { ProcessState } from './process-state.ts';
import { startTestProcess, type TestProcess } from './test-process.test-support.ts';

let test: TestProcess;

beforeAll(async () => {
  test = await startTestProcess(ProblemApp);
});

afterAll(async () => {
  await test.app.close();
});

describe('the OpenAPI page', () => {
  it('is served with all that it loads', async () => {
    const page = await fetch(`${test.url}/docs`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    const script = await fetch(`${test.url}/docs/swagger-ui-bundle.js`);
    expect([script.status, (await script.text()).length > 100_000]).toEqual([200, true]);
  });

  it('has a document of every route but health', async () => {
    const { body } = await callJson(`${test.url}/docs-json`);
    expect(body).toMatchObject({
      info: { title: 'test' },
      paths: { '/orders': { post: expect.anything() } },
    });
    expect(JSON.stringify(body)).not.toContain('/health');
  });
});

describe('health', () => {
  it('is good once the process runs', async () => {
    const up = { status: 200, body: { status: 'ok' } };
    expect(await callJson(`${test.url}/health/live`)).toMatchObject(up);
    expect(await callJson(`${test.url}/health/startup`)).toMatchObject(up);
    const process = { status: 'up', phase: 'running' };
    expect(await callJson(`${test.url}/health/ready`)).toMatchObject({
      ...up,
      body: { details: { process } },
    });
  });

  it('says not ready, but alive, while the process drains, and keeps no connection', async () => {
    const draining = await startTestProcess(ProblemApp);
    draining.app.get(ProcessState).drain();
    const process = { status: 'down', phase: 'draining' };
    const ready = await callJson(`${draining.url}/health/ready`);
    expect(ready).toMatchObject({ status: 503, body: { status: 'error', details: { process } } });
    const live = await fetch(`${draining.url}/health/live`);
    expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);
    await draining.app.close();
  });
});
