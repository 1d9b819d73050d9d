import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database } from '@orderflow/database';
import {
  eventually,
  freePort,
  freshDatabase,
  type TemporaryDirectory,
  temporaryDirectory,
  testNats,
} from '@orderflow/testing';
import { readConfig } from './config/read-config.ts';
import { ServiceConfig } from './config/service.config.ts';
import { callJson, postJson } from './process/http-call.test-support.ts';
import { startService } from './run-service.ts';
import { tallyModule } from './tally-service.test-support.ts';

let folder: TemporaryDirectory;
let nats: Awaited<ReturnType<typeof testNats>>;
let database: Database;
let databaseUrl: string;
let app: NestFastifyApplication;
let url: string;

async function start(change: Record<string, string> = {}): Promise<NestFastifyApplication> {
  const env = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    NATS_SERVERS: nats.url,
    LOG_LEVEL: 'silent',
    ...change,
  };
  const module = await tallyModule(folder.path);
  return await startService({ name: 'tally', config: readConfig(ServiceConfig, env), module });
}

beforeAll(async () => {
  folder = await temporaryDirectory('tally');
  databaseUrl = (await freshDatabase('tally')).url;
  database = new Database({ url: databaseUrl, applicationName: 'test' });
  nats = await testNats();
  app = await start();
  url = await app.getUrl();
});

afterAll(async () => {
  await app.close();
  await database.close();
  await nats.stop();
  await folder.remove();
});

async function answers(endpoint: string, status: number): Promise<boolean> {
  return (await callJson(`${url}/health/${endpoint}`)).status === status;
}

async function seen(who: string): Promise<number[]> {
  const rows = await database.query<{ number: number }>('SELECT number FROM tally WHERE who = $1', [who]);
  return rows.map(({ number }) => number);
}

describe('a service', () => {
  const up = expect.objectContaining({ status: 'up' });

  it('is ready with its database, and says how each part of messaging is elsewhere', async () => {
    await eventually(() => answers('messaging', 200), { what: 'messaging is well' });
    const { status, body } = await callJson(`${url}/health/ready`);
    expect({ status, details: body['details'] }).toEqual({
      status: 200,
      details: { process: up, database: up },
    });
    const messaging = await callJson(`${url}/health/messaging`);
    const parts = ['database', 'nats', 'consumers', 'leases', 'ownership', 'relay', 'lag'];
    expect(messaging.body['details']).toEqual(Object.fromEntries(parts.map((part) => [part, up])));
    expect(JSON.stringify([body, messaging.body])).not.toMatch(/127\.0\.0\.1|localhost|postgres:|nats:/);
  });

  it('handles over messaging what it accepted over HTTP', async () => {
    expect(await postJson(`${url}/tallies`, { who: 'a', number: 1 })).toMatchObject({ status: 201 });
    expect(await postJson(`${url}/tallies`, { who: 'a', number: 'x' })).toMatchObject({ status: 422 });
    await eventually(async () => (await seen('a')).length === 1, { what: 'the event is handled' });
  });

  it('stays ready and accepts while its broker is away, says so for alerts, and recovers by itself', async () => {
    await nats.kill('SIGTERM');
    await eventually(() => answers('messaging', 503), { what: 'messaging is not well' });
    expect([await answers('live', 200), await answers('ready', 200)]).toEqual([true, true]);
    expect((await postJson(`${url}/tallies`, { who: 'b', number: 2 })).status).toBe(201);
    await nats.restart();
    await eventually(async () => (await seen('b')).length === 1, {
      what: 'it is handled',
    });
    await eventually(() => answers('messaging', 200), { what: 'messaging is well' });
  });

  it('ends in order: what was accepted last is published and handled by the next process', async () => {
    const first = app;
    await postJson(`${url}/tallies`, { who: 'c', number: 3 });
    await first.close();
    const [row] = await database.query<{ waiting: number }>(
      'SELECT count(*) AS waiting FROM messaging.outbox',
    );
    expect(row?.waiting).toBe(0);
    app = await start();
    url = await app.getUrl();
    await eventually(async () => (await seen('c')).length === 1, { what: 'the event is handled' });
  });
});

describe('GET /metrics', () => {
  const scrape = async (): Promise<{ type: string | null; text: string }> => {
    const response = await fetch(`${url}/metrics`);
    return { type: response.headers.get('content-type'), text: await response.text() };
  };

  it('tells Prometheus of the process, its requests and its messages, and of nobody by name', async () => {
    await postJson(`${url}/tallies`, { who: 'scraped', number: 4 });
    await eventually(async () => (await seen('scraped')).length === 1, { what: 'the event is handled' });
    await eventually(async () => /^orderflow_messages_settled_total [1-9]/m.test((await scrape()).text), {
      what: 'it is counted',
    });
    const { type, text } = await scrape();
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toMatch(
      /^orderflow_http_request_seconds_count\{method="POST",route="\/tallies",status="201"\} [1-9]/m,
    );
    expect(text).toContain('\norderflow_owned_partitions 16\n');
    expect(text).toContain('\norderflow_outbox_oldest_seconds 0\n');
    expect(text).toContain('orderflow_stream_fill_ratio{stream="TALLIES"} ');
    expect(text).toContain('\norderflow_dead_letters 0\n');
    expect(text).not.toMatch(/scraped|127\.0\.0\.1|localhost|postgres:|nats:/);
  });

  it('makes one series of all paths that lead nowhere', async () => {
    for (const path of ['/nothing/here', '/nothing/there']) await fetch(`${url}${path}`);
    const { text } = await scrape();
    expect(text).toMatch(/_count\{method="GET",route="none",status="404"\} 2$/m);
    expect(text).not.toContain('/nothing');
  });

  it('has no figures of the database while it refuses, rather than old ones', async () => {
    await database.query('ALTER TABLE messaging.parked RENAME TO parked_away');
    const { text } = await scrape();
    await database.query('ALTER TABLE messaging.parked_away RENAME TO parked');
    expect(text).not.toMatch(/^orderflow_(outbox_oldest_seconds|dead_letters) /m);
    expect(text).toContain('\norderflow_owned_partitions 16\n');
    expect((await scrape()).text).toContain('\norderflow_dead_letters 0\n');
  });
});

describe('a boot that cannot succeed', () => {
  it('says that the database is not there', async () => {
    const DATABASE_URL = 'postgres://order:example@127.0.0.1:1/nothing';
    await expect(start({ DATABASE_URL })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('a service with a port for operations', () => {
  it('has customers reach nothing else than its API', async () => {
    const port = await freePort();
    const divided = await start({ OPS_PORT: String(port), INSTANCE: 'divided' });
    try {
      const customers = await divided.getUrl();
      const operations = `http://127.0.0.1:${String(port)}`;
      const status = async (base: string, path: string): Promise<number> =>
        (await fetch(`${base}${path}`)).status;
      for (const path of [
        '/health/live',
        '/health/messaging',
        '/metrics',
        '/messaging/dead-letters',
        '/docs-json',
      ])
        expect([path, await status(customers, path), await status(operations, path)]).toEqual([
          path,
          404,
          expect.any(Number),
        ]);
      expect(await status(operations, '/metrics')).toBe(200);
      expect(await status(operations, '/messaging/dead-letters')).toBe(200);
      // Whatever there is by now: a controller for operations that is new belongs on their port.
      const routes = divided.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
      const paths = [...routes.matchAll(/^[├└]── (\/\S*)/gm)].map(([, path = '']) => path);
      const first = new Set(paths.map((path) => path.split('/')[1] ?? ''));
      expect(
        [...first].filter(
          (name) => !['', '*', 'health', 'metrics', 'messaging', 'docs', 'docs-json'].includes(name),
        ),
      ).toEqual(['tallies']);
      expect(await postJson(`${customers}/tallies`, { who: 'divided', number: 1 })).toMatchObject({
        status: 201,
      });
      expect((await fetch(`${operations}/tallies`, { method: 'POST' })).status).toBe(404);
    } finally {
      await divided.close();
    }
  });
});
