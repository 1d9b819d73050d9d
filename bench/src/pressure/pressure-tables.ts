import type { SqlExecutor } from '@orderflow/database';

/** The ledger of the handlers, and the dependency of some of them. */
export const PRESSURE_TABLES = `
  CREATE TABLE effect (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL, n int NOT NULL, attempt int NOT NULL, instance text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE provider (is_up boolean NOT NULL);
  INSERT INTO provider VALUES (true)`;

export interface Effect {
  readonly userId: string;
  readonly n: number;
  readonly attempt: number;
  readonly instance: string;
}

export async function recordEffect(tx: SqlExecutor, effect: Effect): Promise<void> {
  const { userId, n, attempt, instance } = effect;
  await tx.query('INSERT INTO effect (user_id, n, attempt, instance) VALUES ($1, $2, $3, $4)', [
    userId,
    n,
    attempt,
    instance,
  ]);
}

const DISORDERED = `
  SELECT count(*)::int AS count FROM (
    SELECT user_id FROM effect WHERE starts_with(user_id, $1) GROUP BY user_id
    HAVING array_agg(n ORDER BY id) <> array_agg(DISTINCT n ORDER BY n)
  ) AS disordered`;

/** Keys with this prefix whose effects are not in the order of their numbers, or not once each. */
export async function disorderedKeys(database: SqlExecutor, prefix: string): Promise<number> {
  return await countOf(database, DISORDERED, [prefix]);
}

export async function effectsOf(database: SqlExecutor, prefix: string): Promise<number> {
  return await countOf(database, 'SELECT count(*)::int AS count FROM effect WHERE starts_with(user_id, $1)', [
    prefix,
  ]);
}

export async function countOf(
  database: SqlExecutor,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql, [...values]);
  return row?.count ?? 0;
}
