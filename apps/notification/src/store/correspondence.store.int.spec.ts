import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { LOAD } from './correspondence.store.ts';

describe('what users were told', () => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase('correspondence');
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await migrate(database, {
      name: 'notification',
      directory: new URL('../../migrations/', import.meta.url),
    });
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  it('is looked up by the index, also with a plan that was made while the tables were empty', async () => {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${LOAD}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('using recipient_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});
