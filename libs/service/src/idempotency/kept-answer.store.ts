import type { ItemOutcome, SqlExecutor } from '@orderflow/database';
import type { HttpAnswer, IdempotentRequest } from './idempotent-request.ts';

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
  const rows = await tx.query<{ name: string; free: boolean }>(
    'SELECT name, pg_try_advisory_xact_lock(hashtextextended(name, 7263)) AS free FROM unnest($1::text[]) AS name',
    [[...names]],
  );
  return new Set(rows.filter(({ free }) => free).map(({ name }) => name));
}

/** The answers that earlier requests with these keys got, by `nameOf`. */
export async function findAnswers<Body>(
  tx: SqlExecutor,
  requests: readonly IdempotentRequest[],
): Promise<ReadonlyMap<string, Kept<Body>>> {
  const keyed = requests.filter(({ key }) => key !== undefined);
  if (keyed.length === 0) return new Map();
  const rows = await tx.query<Kept<Body> & { scope: string; key: string }>(
    `SELECT scope, key, body_hash, status, response FROM http_idempotency
     WHERE (scope, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    [keyed.map(({ scope }) => scope), keyed.map(({ key }) => key)],
  );
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
  await tx.query(
    `INSERT INTO http_idempotency (scope, key, body_hash, status, response)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::json[])`,
    [
      rows.map(({ scope }) => scope),
      rows.map(({ key }) => key),
      rows.map((row) => row.bodyHash),
      rows.map(({ status }) => status),
      rows.map(({ response }) => response),
    ],
  );
}

/** A key is unique within its scope. Neither contains a line break. */
export function nameOf({ scope, key }: { scope: string; key: string | undefined }): string {
  return `${scope}\n${key ?? ''}`;
}
