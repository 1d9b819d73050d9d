import type { ItemOutcome, MigrationSet, SqlExecutor } from '@orderflow/database';
import type { HttpAnswer, IdempotentRequest } from './idempotent-request.ts';
import { claimKeys, findAnswers, keepAnswers, type Kept, nameOf } from './kept-answer.store.ts';
import { Problem } from '../problem/problem.exception.ts';

/** The table of kept answers. `ServiceModule` applies it. */
export const idempotencyMigrations: MigrationSet = {
  name: 'http-idempotency',
  directory: new URL('../../migrations/', import.meta.url),
};

/** An answer, and whether it was the one of an earlier request. */
export type GivenAnswer<Body> = HttpAnswer<Body> & { readonly replayed: boolean };

/** Does what is new: outcome `i` is of `fresh[i]`. */
export type FreshWork<Request, Body> = (
  fresh: readonly Request[],
) => Promise<readonly ItemOutcome<HttpAnswer<Body>>[]>;

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
): Promise<GivenAnswer<Body>> {
  const [outcome] = await idempotentEach<IdempotentRequest, Body>(tx, [request], async (fresh) =>
    fresh.length === 0 ? [] : [{ kind: 'done', result: await work() }],
  );
  if (outcome?.kind === 'done') return outcome.result;
  throw outcome?.reason;
}

/**
 * As `idempotent`, for many requests that share a transaction: outcome `i` is of request `i`, and a request that is
 * refused does not harm the others. Each statement is made once for all of them.
 */
export async function idempotentEach<Request extends IdempotentRequest, Body>(
  tx: SqlExecutor,
  requests: readonly Request[],
  work: FreshWork<Request, Body>,
): Promise<readonly ItemOutcome<GivenAnswer<Body>>[]> {
  const claimed = await claimKeys(tx, requests);
  // In a statement of its own: it sees what was committed before the keys were ours.
  const kept = await findAnswers<Body>(tx, requests);
  // Of two with the same key here only the first does the work.
  const unused = new Set(claimed);
  const early = requests.map((request) => {
    if (request.key === undefined) return undefined;
    const name = nameOf(request);
    if (!claimed.has(name)) return refused(stillRunning());
    return replay(request, kept.get(name)) ?? (unused.delete(name) ? undefined : refused(stillRunning()));
  });
  const fresh = requests.filter((_request, index) => early[index] === undefined);
  const outcomes = await work(fresh);
  await keepAnswers(
    tx,
    fresh.map((request, index) => ({ request, outcome: outcomes[index] })),
  );
  const late = outcomes.values();
  return early.map((outcome) => outcome ?? given(late.next().value));
}

/** What is answered to a request whose key was used before. */
function replay<Body>(
  request: IdempotentRequest,
  kept: Kept<Body> | undefined,
): ItemOutcome<GivenAnswer<Body>> | undefined {
  if (kept === undefined) return undefined;
  if (kept.body_hash !== request.bodyHash) return refused(otherBody());
  return { kind: 'done', result: { status: kept.status, body: kept.response, replayed: true } };
}

function refused(reason: Problem): { kind: 'refused'; reason: Problem } {
  return { kind: 'refused', reason };
}

function given<Body>(outcome: ItemOutcome<HttpAnswer<Body>> | undefined): ItemOutcome<GivenAnswer<Body>> {
  if (outcome === undefined) throw new TypeError('The work gave fewer outcomes than it was given requests.');
  return outcome.kind === 'done' ? { kind: 'done', result: { ...outcome.result, replayed: false } } : outcome;
}

function stillRunning(): Problem {
  return new Problem({
    status: 409,
    detail: 'A request with this Idempotency-Key is still running. Ask again when it has ended.',
    errors: [{ field: 'Idempotency-Key', message: 'is in use by a running request' }],
  });
}

function otherBody(): Problem {
  return new Problem({
    status: 422,
    detail: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
    errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
  });
}
