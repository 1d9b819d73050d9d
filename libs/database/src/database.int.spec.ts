import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  eventually,
  freshDatabase,
  type FreshDatabase,
  PATIENCE_MS,
  promotedBytes,
} from '@orderflow/testing';
import { Database } from './database.ts';
import { isDatabaseUnavailable } from './database-error.ts';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase('database');
  database = new Database({ url: fresh.url, applicationName: 'test', maxConnections: 4 });
  await database.query('CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)');
});

beforeEach(async () => {
  await database.query('TRUNCATE note');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const write = (on: Pick<Database, 'query'>, id: number): Promise<object[]> =>
  on.query('INSERT INTO note (id, text) VALUES ($1, $2)', [id, `note ${id}`]);
const ids = async (): Promise<number[]> =>
  (await database.query<{ id: number }>('SELECT id FROM note ORDER BY id')).map(({ id }) => id);

describe('numbers', () => {
  it('of 64 bits are numbers as long as they are exact, and text beyond', async () => {
    const [row] = await database.query(`SELECT 42::bigint AS small, ${2n ** 60n}::bigint AS large`);
    expect(row).toEqual({ small: 42, large: String(2n ** 60n) });
  });
});

/** A message of PostgreSQL's protocol: its type, its length, what it says. */
function protocolMessage(type: string, body: string): Buffer {
  const message = Buffer.from(`${type}0000${body}`, 'latin1');
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

/** Logged in, ready, and ended by an administrator, in one packet. */
const ENDED_AT_ONCE = Buffer.concat([
  protocolMessage('R', '\0\0\0\0'),
  protocolMessage('Z', 'I'),
  protocolMessage('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
]);

describe('a session that is cut', () => {
  it('fails its transaction as unavailable, and the pool goes on', async () => {
    const work = database.transaction(async (tx) => {
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [own?.pid]);
      await write(tx, 1);
    });
    const error: unknown = await work.catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await ids()).toEqual([]);
    for (let id = 1; id <= 8; id++) await database.transaction((tx) => write(tx, id));
    expect(await ids()).toHaveLength(8);
  });

  it('in the moment in which it begins fails what asked for it, and not the process', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end(ENDED_AT_ONCE)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const cut = new Database({ url: `postgres://u:p@127.0.0.1:${port}/d`, applicationName: 'cut' });
    const outcomes = await Promise.allSettled([
      cut.query('SELECT 1'),
      cut.transaction((tx) => tx.query('SELECT 1')),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected' });
      expect(outcome.status === 'rejected' && isDatabaseUnavailable(outcome.reason)).toBe(true);
    }
    await cut.close();
    server.close();
  });

  it('while it idles in a transaction is ended by the server, and frees its locks', async () => {
    const impatient = new Database({
      url: fresh.url,
      applicationName: 'idle',
      idleInTransactionTimeoutMs: 200,
    });
    const [locked, forgotten] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const work = impatient.transaction(async (tx) => {
      await tx.query('LOCK TABLE note');
      locked.resolve();
      await forgotten.promise;
      await write(tx, 1);
    });
    // Asserted below; until then it must not count as unhandled.
    work.catch(() => undefined);
    await locked.promise;
    // Waits for the lock, that is, until the server has ended the session.
    expect(await ids()).toEqual([]);
    forgotten.resolve();
    await expect(work).rejects.toThrow();
    await impatient.close();
  });
});

describe('a database that cannot be reached', () => {
  it('is unavailable', async () => {
    const url = new URL(fresh.url);
    url.port = '1';
    const nowhere = new Database({ url: url.href, applicationName: 'test', connectTimeoutMs: 1_000 });
    const error: unknown = await nowhere.query('SELECT 1').catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    await nowhere.close();
  });

  it('has no connection free in time: a caller that waits too long is told so', async () => {
    const narrow = new Database({
      url: fresh.url,
      applicationName: 'narrow',
      maxConnections: 1,
      connectTimeoutMs: 2_000,
    });
    await narrow.transaction(async () => {
      const error: unknown = await narrow.query('SELECT 1').catch((reason: unknown) => reason);
      expect(isDatabaseUnavailable(error)).toBe(true);
    });
    await narrow.close();
  });
});

describe('a statement without an answer in time', () => {
  it('fails its transaction, also when the work takes no notice, and nothing of it is kept', async () => {
    const impatient = database.dedicated({ purpose: 'slow', maxConnections: 1, queryTimeoutMs: 300 });
    const work = impatient.transaction(async (tx) => {
      const slow = tx.query('SELECT pg_sleep(0.6)');
      // Sent when the one before has its answer, which is after its own time.
      await Promise.allSettled([slow, write(tx, 1)]);
      await database.query('SELECT pg_sleep(0.6)');
    });
    const error: unknown = await work.catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await ids()).toEqual([]);
    // A new connection, which on a busy machine may take longer than this pool waits for one.
    const usable = (): Promise<object[]> => impatient.query('SELECT 1 AS one');
    expect(await eventually(usable, { what: 'the pool is usable' })).toEqual([{ one: 1 }]);
    await impatient.close();
  });
});

describe('dedicated()', () => {
  it('is a pool of its own, named after its purpose', async () => {
    const own = database.dedicated({ purpose: 'lease', maxConnections: 1, queryTimeoutMs: PATIENCE_MS });
    const [row] = await own.query<{ application_name: string }>('SHOW application_name');
    expect(row?.application_name).toBe('test/lease');
    await own.close();
    await own.close();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

it('leaves what a transaction has used to the young collections', async () => {
  const work = async (): Promise<void> => {
    for (let n = 0; n < 2_000; n++) {
      // 40 KB in all; none of it is needed when its transaction has ended.
      const texts = Array.from({ length: 200 }, (_, k) => `text ${n} ${k} `.repeat(10));
      await database.transaction((tx) => tx.query('SELECT cardinality($1::text[])', [texts]));
      await database.query('SELECT cardinality($1::text[])', [texts]);
    }
  };
  await work();
  expect(await promotedBytes(work)).toBeLessThan(8e6);
});
