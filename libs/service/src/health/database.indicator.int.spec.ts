import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { DatabaseIndicator } from './database.indicator.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase('health');
});

afterAll(async () => {
  await fresh.drop();
});

function indicatorOf(database: Database): DatabaseIndicator {
  return new DatabaseIndicator(database, new HealthIndicatorService());
}

describe('DatabaseIndicator', () => {
  it('is up when the database answers', async () => {
    const database = new Database({ url: fresh.url, applicationName: 'test' });
    const result = await indicatorOf(database).check('database');
    expect(result).toMatchObject({ database: { status: 'up', responseMs: expect.any(Number) } });
    await database.close();
  });

  it('is down without naming the address when nothing listens', async () => {
    const url = new URL(fresh.url);
    url.port = '1';
    const database = new Database({ url: url.href, applicationName: 'test' });
    expect(await indicatorOf(database).check('database')).toEqual({
      database: { status: 'down', reason: 'unreachable' },
    });
    await database.close();
  });

  it('is down after a second when every connection is busy, and asks only once meanwhile', async () => {
    const database = new Database({ url: fresh.url, applicationName: 'test', maxConnections: 1 });
    const indicator = indicatorOf(database);
    await database.transaction(async () => {
      const results = await Promise.all([indicator.check('database'), indicator.check('database')]);
      expect(results).toEqual(
        Array(2).fill({ database: { status: 'down', reason: 'no answer within 1000 ms' } }),
      );
    });
    expect(await indicator.check('database')).toMatchObject({ database: { status: 'up' } });
    await database.close();
  });

  it('names a database that takes no writes for alerts, and stays up for readers', async () => {
    const database = new Database({ url: fresh.url, applicationName: 'test', maxConnections: 1 });
    const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
    await database.query(`ALTER DATABASE "${row?.name ?? ''}" SET default_transaction_read_only = on`);
    const reader = new Database({ url: fresh.url, applicationName: 'test' });
    const indicator = indicatorOf(reader);
    expect(await indicator.check('database')).toMatchObject({ database: { status: 'up' } });
    expect(await indicator.writable('database')).toEqual({
      database: { status: 'down', reason: 'read-only' },
    });
    await database.query(`ALTER DATABASE "${row?.name ?? ''}" RESET default_transaction_read_only`);
    await Promise.all([reader.close(), database.close()]);
  });
});
