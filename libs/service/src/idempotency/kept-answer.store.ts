import { type ItemOutcome, prepared, type SqlExecutor } from '@orderflow/database';
import type { HttpAnswer, IdempotentRequest } from './idempotent-request.ts';

/** Keys are hashed, so two of them may share a lock: one of two that come at once is then told to come again. */
const CLAIM = prepared(
  'SELECT name, pg_try_advisory_xact_lock(hashtextextended(name, 7263)) AS free FROM unnest($1::text[]) AS name',
);

/**
 * Served by the primary key. LATERAL with OFFSET keeps the planner to one look for each key: the plan of a prepared
 * statement is made while the table is empty, and must still be right when it has grown.
 */
export const FIND = prepared(`
  SELECT kept.* FROM unnest($1::text[], $2::text[]) AS asked (scope, key)
  CROSS JOIN LATERAL (
    SELECT scope, key, body_hash, status, response FROM http_idempotency
    WHERE scope = asked.scope AND key = asked.key OFFSET 0
  ) AS kept`);

const KEEP = prepared(`
  INSERT INTO http_idempotency (scope, key, body_hash, status, response)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::json[])`);

/** Rows removed by one statement. */
export const PRUNE_ROWS = 1_000;

/**
 * Served by http_idempotency_created_at: statement_timestamp() may be compared with an index, clock_timestamp() may not.
 * By ctid, because a join by the key would read the whole table; the rows are locked, so they stay where they are.
 */
export const PRUNE = `
  DELETE FROM http_idempotency
  WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM http_idempotency
    WHERE created_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
    ORDER BY created_at
    LIMIT ${String(PRUNE_ROWS)}
    FOR UPDATE SKIP LOCKED
  ))
  RETURNING 1`;

/** A row of http_idempotency. Served by its primary key. */
export interface Kept<Body> {
  body_hash: string;
  status: number;
  response: Body;
}

/**
 * Held to the end of the transaction, so that whoever gets a key next sees the answer that this one keeps. Returns the
 * names of the keys that are ours.
 */
export async function claimKeys(
  tx: SqlExecutor,
  requests: readonly IdempotentRequest[],
): Promise<ReadonlySet<string>> {
  const names = new Set(requests.filter(({ key }) => key !== undefined).map(nameOf));
  if (names.size === 0) return names;
  const rows = await tx.query<{ name: string; free: boolean }>(CLAIM, [[...names]]);
  return new Set(rows.filter(({ free }) => free).map(({ name }) => name));
}

/** The answers that earlier requests with these keys got, by `nameOf`. */
export async function findAnswers<Body>(
  tx: SqlExecutor,
  requests: readonly IdempotentRequest[],
): Promise<ReadonlyMap<string, Kept<Body>>> {
  const keyed = requests.filter(({ key }) => key !== undefined);
  if (keyed.length === 0) return new Map();
  const rows = await tx.query<Kept<Body> & { scope: string; key: string }>(FIND, [
    keyed.map(({ scope }) => scope),
    keyed.map(({ key }) => key),
  ]);
  return new Map(rows.map((row) => [nameOf(row), row]));
}

/** Successes only: what was refused may be tried again under its key. */
export async function keepAnswers<Body>(
  tx: SqlExecutor,
  answered: readonly { request: IdempotentRequest; outcome: ItemOutcome<HttpAnswer<Body>> | undefined }[],
): Promise<void> {
  const rows = answered.flatMap(({ request, outcome }) => {
    if (request.key === undefined || outcome?.kind !== 'done') return [];
    const { status, body } = outcome.result;
    return status < 200 || status > 299
      ? []
      : [{ ...request, status, response: JSON.stringify(body ?? null) }];
  });
  if (rows.length === 0) return;
  await tx.query(KEEP, [
    rows.map(({ scope }) => scope),
    rows.map(({ key }) => key),
    rows.map((row) => row.bodyHash),
    rows.map(({ status }) => status),
    rows.map(({ response }) => response),
  ]);
}

/** Forgets the oldest answers of those that are older than `keepMs`, and returns how many: `PRUNE_ROWS` at most. */
export async function pruneAnswers(db: SqlExecutor, keepMs: number): Promise<number> {
  return (await db.query(PRUNE, [keepMs])).length;
}

/** A key is unique within its scope. Neither contains a line break. */
export function nameOf({ scope, key }: { scope: string; key: string | undefined }): string {
  return `${scope}\n${key ?? ''}`;
}
