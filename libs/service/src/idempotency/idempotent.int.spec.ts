import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { Problem } from '../problem/problem.exception.ts';
import { bodyHash } from './canonical-json.ts';
import type { HttpAnswer } from './idempotent-request.ts';
import { idempotencyMigrations, idempotent, idempotentEach } from './idempotent.ts';

interface Placed {
  order: number;
  at?: string;
}

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase('idempotency');
  database = new Database({ url: fresh.url, applicationName: 'test' });
  await migrate(database, idempotencyMigrations);
  await database.query('CREATE TABLE placed (id int GENERATED ALWAYS AS IDENTITY, note text)');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

beforeEach(async () => {
  await database.query('TRUNCATE http_idempotency, placed RESTART IDENTITY');
});

interface Call {
  key?: string | undefined;
  scope?: string;
  body?: unknown;
  /** Runs inside the work, after its row was written. */
  during?: () => Promise<void>;
}

async function place(call: Call): Promise<HttpAnswer<Placed> & { replayed: boolean }> {
  const { key = 'k1', scope = 'POST /orders', body = { sku: 'MUG' }, during } = call;
  return await database.transaction((tx) =>
    idempotent(tx, { scope, key, bodyHash: bodyHash(body) }, async () => {
      const [row] = await tx.query<{ id: number }>(`INSERT INTO placed (note) VALUES ('x') RETURNING id`);
      await during?.();
      return { status: 201, body: { order: row?.id ?? 0, at: new Date(0).toISOString() } };
    }),
  );
}

async function refusal(call: Promise<unknown>): Promise<number> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error(`no problem, but ${String(error)}`);
  return error.getStatus();
}

async function count(table: 'placed' | 'http_idempotency'): Promise<number> {
  const [row] = await database.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
  return row?.count ?? -1;
}

describe('idempotent', () => {
  it('replays the first answer for the same key and body, members in their order', async () => {
    const first = await place({ body: { a: 1, b: 2 } });
    const again = await place({ body: { b: 2, a: 1 } });
    expect(first).toEqual({
      status: 201,
      body: { order: 1, at: '1970-01-01T00:00:00.000Z' },
      replayed: false,
    });
    expect(again).toEqual({ ...first, replayed: true });
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
    expect(await count('placed')).toBe(1);
  });

  it('refuses another body under the same key with 422', async () => {
    await place({ body: { quantity: 1 } });
    expect(await refusal(place({ body: { quantity: 2 } }))).toBe(422);
    expect(await count('placed')).toBe(1);
  });

  it('keeps keys of different scopes apart', async () => {
    await place({ scope: 'POST /orders' });
    await place({ scope: 'POST /orders/1/cancel' });
    expect(await count('placed')).toBe(2);
  });

  it('simply does the work without a key', async () => {
    const work = async (): Promise<HttpAnswer<Placed>> => ({ status: 201, body: { order: 7 } });
    const request = { scope: 's', key: undefined, bodyHash: 'h' };
    const answer = await database.transaction((tx) => idempotent(tx, request, work));
    expect([answer.replayed, await count('http_idempotency')]).toEqual([false, 0]);
  });

  it('answers 409 while the first request runs, and replays once it has committed', async () => {
    let during: number | undefined;
    const first = await place({
      during: async () => {
        during = await refusal(place({}));
      },
    });
    expect(during).toBe(409);
    expect(await place({})).toEqual({ ...first, replayed: true });
  });

  it('does the work once, however many ask at once', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => place({})));
    const done = answers.filter((answer) => answer.status === 'fulfilled');
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(done.filter(({ value }) => !value.replayed)).toHaveLength(1);
    expect(refused.every(({ reason }) => reason instanceof Problem && reason.getStatus() === 409)).toBe(true);
    expect(await count('placed')).toBe(1);
  });

  it('leaves nothing behind when the work is refused, and takes the key again', async () => {
    const refuse = async (): Promise<void> => {
      throw new Problem({ status: 422, detail: 'unknown SKU' });
    };
    expect(await refusal(place({ during: refuse }))).toBe(422);
    expect([await count('placed'), await count('http_idempotency')]).toEqual([0, 0]);
    expect(await place({ body: { other: true } })).toMatchObject({ replayed: false });
  });

  it('keeps no answer that is not a success', async () => {
    const work = async (): Promise<HttpAnswer<null>> => ({ status: 404, body: null });
    await database.transaction((tx) => idempotent(tx, { scope: 's', key: 'k', bodyHash: 'h' }, work));
    expect(await count('http_idempotency')).toBe(0);
  });
});

describe('requests that share a transaction', () => {
  const request = (key: string | undefined, sku: string) => ({
    scope: 's',
    key,
    bodyHash: bodyHash({ sku }),
    sku,
  });
  type Request = ReturnType<typeof request>;
  /** SKUs that the work was asked for. */
  let asked: string[];

  async function share(requests: readonly Request[]): Promise<unknown[]> {
    asked = [];
    const outcomes = await database.transaction((tx) =>
      idempotentEach(tx, requests, (fresh: readonly Request[]) => {
        asked.push(...fresh.map(({ sku }) => sku));
        return Promise.resolve(
          fresh.map(({ sku }) =>
            sku === 'GONE'
              ? { kind: 'refused' as const, reason: new Problem({ status: 422 }) }
              : { kind: 'done' as const, result: { status: 201, body: sku } },
          ),
        );
      }),
    );
    return outcomes.map((outcome) => {
      if (outcome.kind === 'done')
        return outcome.result.replayed ? `${outcome.result.body} again` : outcome.result.body;
      return outcome.reason instanceof Problem ? outcome.reason.getStatus() : outcome.reason;
    });
  }

  it('get their own answers: new, replayed, refused', async () => {
    await share([request('a', 'MUG')]);
    const requests = [
      request('b', 'TRAY'),
      request('a', 'MUG'),
      request(undefined, 'SPOON'),
      request('a', 'TEAPOT'),
      request('c', 'GONE'),
      request('d', 'KETTLE'),
    ];
    expect(await share(requests)).toEqual(['TRAY', 'MUG again', 'SPOON', 422, 422, 'KETTLE']);
    expect(asked).toEqual(['TRAY', 'SPOON', 'GONE', 'KETTLE']);
    expect(await share([request('c', 'TRAY')])).toEqual(['TRAY']);
  });

  it('do the work once when two of them have the same key', async () => {
    expect(await share([request('e', 'MUG'), request('e', 'MUG')])).toEqual(['MUG', 409]);
    expect(asked).toEqual(['MUG']);
    expect(await share([request('e', 'MUG')])).toEqual(['MUG again']);
  });
});
