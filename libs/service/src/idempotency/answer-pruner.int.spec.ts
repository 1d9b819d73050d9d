import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { eventually, type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { readConfig } from '../config/read-config.ts';
import { ServiceConfig } from '../config/service.config.ts';
import { AnswerPruner } from './answer-pruner.ts';
import { idempotencyMigrations } from './idempotent.ts';
import { FIND, PRUNE, PRUNE_ROWS, pruneAnswers } from './kept-answer.store.ts';

const DAY_MS = 86_400_000;

describe('old idempotency answers', () => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase('prune_answers');
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await migrate(database, idempotencyMigrations);
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  beforeEach(() => database.query('TRUNCATE http_idempotency'));

  const keep = (count: number, age: string) =>
    database.query(
      `INSERT INTO http_idempotency (scope, key, body_hash, status, response, created_at)
       SELECT 'POST /orders', $2 || number, 'hash', 201, '{}', clock_timestamp() - $2::interval
       FROM generate_series(1, $1) AS number`,
      [count, age],
    );

  const count = async (): Promise<number> => (await database.query('SELECT 1 FROM http_idempotency')).length;

  async function planOf(sql: string): Promise<string> {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${sql}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }

  it('go slice by slice, and young ones stay', async () => {
    await keep(PRUNE_ROWS + 10, '25 hours');
    await keep(10, '23 hours');
    expect(await pruneAnswers(database, DAY_MS)).toBe(PRUNE_ROWS);
    expect(await pruneAnswers(database, DAY_MS)).toBe(10);
    expect(await pruneAnswers(database, DAY_MS)).toBe(0);
    expect(await count()).toBe(10);
  });

  it('go while the service runs, from its start', async () => {
    await keep(2 * PRUNE_ROWS, '25 hours');
    await keep(1, '23 hours');
    const env = { PORT: '0', DATABASE_URL: fresh.url, NATS_SERVERS: 'nats://127.0.0.1:1' };
    const pruner = new AnswerPruner(database, readConfig(ServiceConfig, env));
    pruner.onApplicationBootstrap();
    await eventually(async () => (await count()) === 1, { what: 'only the young answer is left' });
    await pruner.onModuleDestroy();
  });

  it('go once when several instances prune at the same time', async () => {
    await keep(3 * PRUNE_ROWS, '25 hours');
    const removed = await Promise.all([1, 2, 3].map(() => pruneAnswers(database, DAY_MS)));
    expect(removed.reduce((sum, each) => sum + each, 0)).toBe(3 * PRUNE_ROWS);
    expect(await count()).toBe(0);
  });

  it('are found by the index, so that looking for none costs nothing', async () => {
    await keep(20_000, '1 hour');
    await database.query('ANALYZE http_idempotency');
    // Without the condition in the index it would walk all young rows to find that none is old.
    const plan = await planOf(PRUNE);
    expect(plan).toMatch(/Index Scan using http_idempotency_created_at .*\n *Index Cond: \(created_at </);
    expect(plan).not.toContain('Seq Scan');
  });

  it('and the answer to a key is found by its index, also by a plan of the empty table', async () => {
    expect(await planOf(FIND)).toContain('http_idempotency_pkey');
  });
});
