import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import { Database } from '@orderflow/database';
import { eventually, freshDatabase, testNats } from '@orderflow/testing';
import { CourierClient } from './courier.client.test-support.ts';
import { ReceiptPrinter } from './receipt.printer.test-support.ts';
import { startDepot } from './main.test-support.ts';

const pages = ['README.md', 'libs/messaging/README.md'];
const root = path.join(import.meta.dirname, '../../../..');

/** The code of a language on a page. */
function blocksIn(page: string, language: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...text.matchAll(fenced)].map(([, block = '']) => block);
}

interface Shown {
  page: string;
  name: string;
  block: string;
}

/** Each block of code begins with the name of its file. */
const shown = pages.flatMap((page) =>
  blocksIn(page, 'ts').map((block): Shown => ({
    page,
    block,
    name: /^\/\/ (\S+)\.ts$/m.exec(block)?.[1] ?? 'no name',
  })),
);

/** As a reader would name the file, and import the library. */
const asShown = (source: string): string =>
  source.replaceAll("'../index.ts'", "'@orderflow/messaging'").replaceAll('.test-support.ts', '.ts');

const TABLES = `
  CREATE TABLE parcel (id text PRIMARY KEY, grams int NOT NULL, route text);
  CREATE TABLE route (id text PRIMARY KEY, parcels int NOT NULL);
  CREATE TABLE load (parcel_id text PRIMARY KEY, route text NOT NULL, message_id text NOT NULL)`;

/** The connection is the user's of the README, with no right but those that it lists. */
const access = `
  authorization { users = [ { user: depot, password: secret, permissions: {\n${blocksIn('libs/messaging/README.md', 'conf')[0] ?? ''}} } ] }
  no_auth_user: depot`;

describe('the code of the READMEs', () => {
  it.each(shown)('of $name.ts in $page is what is run here', ({ name, block }) => {
    const source = readFileSync(path.join(import.meta.dirname, `${name}.test-support.ts`), 'utf8');
    expect(block).toBe(`// ${name}.ts\n${asShown(source)}`);
  });
});

describe('the service of the README', () => {
  let nats: Awaited<ReturnType<typeof testNats>>;
  let fresh: Awaited<ReturnType<typeof freshDatabase>>;
  let database: Database;
  let app: INestApplication;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [nats, fresh] = await Promise.all([testNats({ config: access }), freshDatabase('depot')]);
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await database.query(TABLES);
    app = await startDepot({ databaseUrl: fresh.url, natsServers: [nats.url] });
  });

  afterAll(async () => {
    await app.close();
    await app.get(Database).close();
    await database.close();
    await Promise.all([nats.stop(), fresh.drop()]);
  });

  const accept = async (parcelId: string): Promise<void> => {
    const answer = await fetch(`${await app.getUrl()}/parcels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: 'c-17', parcelId, grams: 500 }),
    });
    expect(answer.status).toBe(202);
  };

  const statusOf = async (view: string): Promise<number> => {
    const { status } = await fetch(`${await app.getUrl()}/${view}`);
    return status;
  };

  const routes = (count: number): Promise<object[]> =>
    eventually(
      async () => {
        const rows = await database.query('SELECT id, parcels FROM route ORDER BY id');
        return rows.length === count && rows;
      },
      { what: 'every route is counted' },
    );

  it('carries a parcel through every kind of handler, with the permissions that the README lists', async () => {
    for (const parcelId of ['p-1', 'p-22', 'p-333']) await accept(parcelId);
    expect(await routes(3)).toEqual(['R-3', 'R-4', 'R-5'].map((id) => ({ id, parcels: 1 })));
    const loads = async (): Promise<boolean> => (await database.query('SELECT FROM load')).length === 3;
    await eventually(loads, { what: 'every load is listed' });
    const { printed } = app.get(ReceiptPrinter);
    await eventually(() => printed.length === 3, { what: 'every receipt is printed' });
    const views = ['dead-letters', 'keys/blocked', 'streams', 'consumers', 'outbox'];
    for (const view of ['health/ready', ...views.map((each) => `messaging/${each}`)]) {
      expect([view, await statusOf(view)]).toEqual([view, 200]);
    }
    expect(readFileSync(nats.logFile, 'utf8')).not.toMatch(/violation/i);
  });

  it('uses up no attempt and is not ready while what it calls is down, and goes on by itself', async () => {
    const courier = app.get(CourierClient);
    courier.away = true;
    await accept('p-4444');
    await eventually(async () => (await statusOf('health/ready')) === 503, { what: 'it is not ready' });
    expect(await database.query('SELECT * FROM messaging.attempt')).toEqual([]);
    courier.away = false;
    expect(await routes(4)).toContainEqual({ id: 'R-6', parcels: 1 });
    await eventually(async () => (await statusOf('health/ready')) === 200, { what: 'it is ready' });
  });
});
