import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { problemOf } from './problem-of.ts';

describe('an error of the database as an answer', () => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase('problem_of');
    database = new Database({ url: fresh.url, applicationName: 'test' });
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  it.each([
    ['a deadlock', '40P01', 503],
    ['a serialization failure', '40001', 503],
    ['a read-only session', '25006', 503],
    ['a statement that took too long', '57014', 503],
    ['a lock that took too long', '55P03', 503],
    ['a server that shuts down', '57P01', 503],
    ['a session that idled too long', '57P05', 503],
    ['a refused password', '28P01', 503],
    ['no more connections', '53300', 503],
    ['a unique violation', '23505', 500],
    ['a division by zero', '22012', 500],
    ['a missing table', '42P01', 500],
  ])('%s (%s) is %d', async (_what, state, status) => {
    const sql = `DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '${state}'; END $$`;
    const error: unknown = await database.query(sql).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const problem = problemOf(error);
    expect(problem.getStatus()).toBe(status);
    expect(problem.detail).not.toContain('secret');
  });
});
