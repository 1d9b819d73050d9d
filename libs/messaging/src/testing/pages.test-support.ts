import type { SqlExecutor } from '@orderflow/database';

interface Plan {
  Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
}

/** Pages of 8 kB that PostgreSQL reads for a statement, which it runs: a figure that no other load on the machine changes. */
export async function pagesOf(
  database: SqlExecutor,
  statement: string,
  values: readonly unknown[],
): Promise<number> {
  const [row] = await database.query<{ 'QUERY PLAN': Plan[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
    values,
  );
  const plan = row?.['QUERY PLAN'][0]?.Plan;
  return (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
}
