import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import { Database } from '@orderflow/database';
import { eventually, freshDatabase, testNats } from '@orderflow/testing';
import { ReceiptPrinter } from './receipt.printer.test-support.ts';
import { startDepot } from './start-depot.test-support.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
const blocksOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);

/** As a reader would name the file, and import the library. */
const asShown = (source: string): string =>
  source.replaceAll("'../index.ts'", "'@orderflow/messaging'").replaceAll('.test-support.ts', '.ts');

const TABLES = `
  CREATE TABLE parcel (id text PRIMARY KEY, grams int NOT NULL, route text);
  CREATE TABLE route (id text PRIMARY KEY, parcels int NOT NULL)`;

/** The connection is the user's of the README, with no right but those that it lists. */
const access = `
  authorization { users = [ { user: depot, password: secret, permissions: {\n${blocksOf('conf')[0] ?? ''}} } ] }
  no_auth_user: depot`;

describe('the code of the README', () => {
  it.each(blocksOf('ts').map((block) => [/^\/\/ (\S+)\.ts$/m.exec(block)?.[1] ?? 'no name', block]))(
    'of %s.ts is what is run here',
    (name, block) => {
      const source = readFileSync(path.join(import.meta.dirname, `${name}.test-support.ts`), 'utf8');
      expect(block).toBe(`// ${name}.ts\n${asShown(source)}`);
    },
  );
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
  }, 60_000);

  afterAll(async () => {
    await app.close();
    await app.get(Database).close();
    await database.close();
    await Promise.all([nats.stop(), fresh.drop()]);
  }, 60_000);

  it('carries a parcel through every kind of handler, with the permissions that the README lists', async () => {
    const parcels = ['p-1', 'p-22', 'p-333'].map((parcelId) => ({ customerId: 'c-17', parcelId, grams: 500 }));
    for (const body of parcels) {
      const answer = await fetch(`${await app.getUrl()}/parcels`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(202);
    }
    const counted = async (): Promise<object[] | false> => {
      const rows = await database.query('SELECT id, parcels FROM route ORDER BY id');
      return rows.length === 3 && rows;
    };
    expect(await eventually(counted, { what: 'every route is counted' })).toEqual(
      ['R-3', 'R-4', 'R-5'].map((id) => ({ id, parcels: 1 })),
    );
    const { printed } = app.get(ReceiptPrinter);
    await eventually(() => printed.length === 3, { what: 'every receipt is printed' });
    expect(await fetch(`${await app.getUrl()}/health/ready`)).toMatchObject({ status: 200 });
    expect(readFileSync(nats.logFile, 'utf8')).not.toMatch(/violation/i);
  });
});
