import type { Database } from '@orderflow/database';

/** The longest time, in ms, between the commit of a message and its effect, of those sent since then. */
const WAITED = `
  SELECT coalesce(max(extract(epoch FROM ledger.at - sent.sent_at)), 0)::float8 * 1000 AS ms
  FROM sent JOIN ledger USING (message_id) WHERE sent.sent_at >= $1`;

/** The longest time, in ms, in which nothing took effect. */
const STOOD_STILL = `
  SELECT coalesce(max(extract(epoch FROM at - before)), 0)::float8 * 1000 AS ms
  FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM ledger WHERE at >= $1) AS steps`;

/** How work went on since then, under a load that sends to every key all the time. Read it when all has settled. */
export async function paceSince(
  database: Database,
  since: Date,
): Promise<{ waitedMs: number; stoodStillMs: number }> {
  return {
    waitedMs: await asked(database, WAITED, since),
    stoodStillMs: await asked(database, STOOD_STILL, since),
  };
}

async function asked(database: Database, sql: string, moment: Date): Promise<number> {
  const [row] = await database.query<{ ms: number }>(sql, [moment]);
  return row?.ms ?? 0;
}
