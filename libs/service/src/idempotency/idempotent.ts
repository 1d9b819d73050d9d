import type { MigrationSet, SqlExecutor } from '@orderflow/database';
import { Problem } from '../problem/problem.exception.ts';

/** The table of kept answers. `ServiceModule` applies it. */
export const idempotencyMigrations: MigrationSet = {
  name: 'http-idempotency',
  directory: new URL('../../migrations/', import.meta.url),
};

export interface IdempotentRequest {
  /** What the key is unique within: the route and, where keys are the caller's own, the caller. No secrets. */
  scope: string;
  /** Without a key the work is simply done. */
  key: string | undefined;
  /** `bodyHash(body)` of the request. */
  bodyHash: string;
}

export interface HttpAnswer<Body> {
  /** Only 2xx is kept. Throw refusals, so that the transaction leaves nothing behind. */
  status: number;
  body: Body;
}

interface Kept<Body> {
  body_hash: string;
  status: number;
  response: Body;
}

/**
 * Does the work once for each key, inside the caller's transaction: the answer is kept exactly if the work's rows are.
 *
 *     const answer = await database.transaction((tx) =>
 *       idempotent(tx, { scope: 'POST /orders', key, bodyHash: bodyHash(body) }, async () => {
 *         const order = await orders.place(tx, body);
 *         return { status: 201, body: order };
 *       }),
 *     );
 *     reply.status(answer.status);
 *     return answer.body;
 *
 * The same key and body replays the first answer (as JSON: dates are texts then, `replayed` is true).
 *
 * @throws Problem 422 for the same key with another body, 409 while a request with this key is running
 */
export async function idempotent<Body>(
  tx: SqlExecutor,
  request: IdempotentRequest,
  work: () => Promise<HttpAnswer<Body>>,
): Promise<HttpAnswer<Body> & { replayed: boolean }> {
  const { scope, key, bodyHash } = request;
  if (key === undefined) return { ...(await work()), replayed: false };
  await claim(tx, scope, key);
  const kept = await find<Body>(tx, scope, key);
  if (kept !== undefined) return replay(kept, bodyHash);
  const answer = await work();
  if (answer.status < 200 || answer.status > 299) return { ...answer, replayed: false };
  await tx.query(
    'INSERT INTO http_idempotency (scope, key, body_hash, status, response) VALUES ($1, $2, $3, $4, $5)',
    [scope, key, bodyHash, answer.status, JSON.stringify(answer.body ?? null)],
  );
  return { ...answer, replayed: false };
}

/** Held to the end of the transaction, so that whoever gets it next sees the answer that this one keeps. */
async function claim(tx: SqlExecutor, scope: string, key: string): Promise<void> {
  const [row] = await tx.query<{ free: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended($1 || E'\\n' || $2, 7263)) AS free`,
    [scope, key],
  );
  if (row?.free === true) return;
  throw new Problem({
    status: 409,
    detail: 'A request with this Idempotency-Key is still running. Ask again when it has ended.',
    errors: [{ field: 'Idempotency-Key', message: 'is in use by a running request' }],
  });
}

async function find<Body>(tx: SqlExecutor, scope: string, key: string): Promise<Kept<Body> | undefined> {
  const [row] = await tx.query<Kept<Body>>(
    'SELECT body_hash, status, response FROM http_idempotency WHERE scope = $1 AND key = $2',
    [scope, key],
  );
  return row;
}

function replay<Body>(kept: Kept<Body>, bodyHash: string): HttpAnswer<Body> & { replayed: boolean } {
  if (kept.body_hash === bodyHash) return { status: kept.status, body: kept.response, replayed: true };
  throw new Problem({
    status: 422,
    detail: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
    errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
  });
}
