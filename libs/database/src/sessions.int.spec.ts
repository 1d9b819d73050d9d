import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { Database } from './database.ts';
import { isDatabaseUnavailable, isTemporary } from './database-error.ts';

let fresh: FreshDatabase;
let operator: pg.Client;
let name: string;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase('sessions');
  operator = new pg.Client({ connectionString: fresh.url });
  await operator.connect();
  await operator.query('CREATE TABLE note (id int PRIMARY KEY)');
  name = operator.escapeIdentifier(new URL(fresh.url).pathname.slice(1));
  database = new Database({ url: fresh.url, applicationName: 'service', maxConnections: 2 });
});

afterEach(async () => {
  await database.close();
  await operator.end();
  await fresh.drop();
});

const set = (setting: string): Promise<unknown> => operator.query(`ALTER DATABASE ${name} SET ${setting}`);

/** As a failover or an administrator does. */
const endSessions = (): Promise<unknown> =>
  operator.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );

const write = (id: number): Promise<unknown> =>
  database.transaction((tx) => tx.query('INSERT INTO note VALUES ($1)', [id]));
const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const writable = (): Promise<true> =>
  eventually(
    async () => {
      const error = await errorOf(database.query('SELECT count(*) FROM note'));
      return (
        error === undefined &&
        (await errorOf(database.transaction((tx) => tx.query('SELECT 1')))) === undefined
      );
    },
    { what: 'it can be written to again' },
  );

describe('a session has the settings that the code relies on, whatever its database has for defaults', () => {
  it.each([
    [
      `DateStyle = 'German, DMY'`,
      `SELECT '2026-03-04T05:06:07Z'::timestamptz AS value`,
      new Date('2026-03-04T05:06:07Z'),
    ],
    [
      `TimeZone = 'Asia/Kathmandu'`,
      `SELECT '2026-03-04T05:06:07Z'::timestamptz::text AS value`,
      '2026-03-04 05:06:07+00',
    ],
    [`IntervalStyle = 'iso_8601'`, `SELECT ('1 day'::interval)::text AS value`, '1 day'],
    [`client_encoding = 'LATIN1'`, `SELECT '\u20ac' AS value`, '\u20ac'],
    [`bytea_output = 'escape'`, `SELECT '\\x00ff'::bytea::text AS value`, '\\x00ff'],
    [`extra_float_digits = 0`, `SELECT (0.1::float8 + 0.2::float8) AS value`, 0.1 + 0.2],
    [`lock_timeout = '1ms'`, `SELECT current_setting('lock_timeout') AS value`, '0'],
    [
      `default_transaction_isolation = 'serializable'`,
      `SELECT current_setting('transaction_isolation') AS value`,
      'read committed',
    ],
  ])('%s', async (setting, text, value) => {
    await set(setting);
    expect(await database.query(text)).toEqual([{ value }]);
    expect(await database.transaction((tx) => tx.query(text))).toEqual([{ value }]);
  });

  it('and its limits of time, which are no startup parameters: PgBouncer would refuse those', async () => {
    const [row] = await database.query(
      `SELECT current_setting('statement_timeout') AS statement,
         current_setting('idle_in_transaction_session_timeout') AS idle`,
    );
    expect(row).toEqual({ statement: '30s', idle: '5s' });
    expect(await startupParameters()).toEqual(['application_name', 'client_encoding', 'database', 'user']);
  });
});

/** The names that a client sends with its first message. */
async function startupParameters(): Promise<string[]> {
  const first = Promise.withResolvers<Buffer>();
  const server = createServer((socket) =>
    socket.once('data', (data) => {
      first.resolve(data);
      socket.destroy();
    }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const pooled = new Database({ url: `postgres://u:p@127.0.0.1:${port}/d`, applicationName: 'pooled' });
  await errorOf(pooled.query('SELECT 1'));
  await pooled.close();
  server.close();
  // Its length and the protocol's version come first.
  const fields = (await first.promise).subarray(8).toString('utf8').split('\0');
  return fields.filter((field, index) => index % 2 === 0 && field !== '').sort();
}

describe.each([
  ['sessions ended', endSessions],
  ['sessions kept', () => Promise.resolve()],
])('a database that is read-only for a while, its %s', (_, cut) => {
  it('is unavailable, and is written to again by itself, although nobody cuts the new sessions', async () => {
    await write(1);
    await set('default_transaction_read_only = on');
    await cut();
    // Uses each connection of the pool, and new ones.
    const errors = [];
    for (let id = 10; id < 16; id++) errors.push(await errorOf(write(id)));
    for (const error of errors.filter((reason) => reason !== undefined)) {
      expect(isDatabaseUnavailable(error)).toBe(true);
      expect(isTemporary(error)).toBe(true);
    }
    await operator.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await writable();
    for (let id = 20; id < 26; id++) await write(id);
  });
});

describe('a session that turned read-only', () => {
  it('leaves the pool with its first refusal', async () => {
    const narrow = new Database({ url: fresh.url, applicationName: 'narrow', maxConnections: 1 });
    await narrow.query(`SET default_transaction_read_only = on`);
    const refused = await errorOf(narrow.query('INSERT INTO note VALUES (1)'));
    expect(isDatabaseUnavailable(refused)).toBe(true);
    expect(await narrow.query('INSERT INTO note VALUES (1)')).toEqual([]);
    await narrow.close();
  });

  it('still answers what is read, and refuses a transaction before its work begins', async () => {
    await set('default_transaction_read_only = on');
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    let begun = false;
    const refused = await errorOf(database.transaction(() => Promise.resolve((begun = true))));
    expect(refused).toMatchObject({ code: 'READ_ONLY' });
    expect(begun).toBe(false);
  });
});

describe('state()', () => {
  it('says whether a new session can be had, and whether it may write', async () => {
    expect(await database.state()).toBe('usable');
    await set('default_transaction_read_only = on');
    expect(await database.state()).toBe('read-only');
    const nowhere = new Database({ url: 'postgres://u:p@127.0.0.1:1/d', applicationName: 'nowhere' });
    expect(await nowhere.state()).toBe('unreachable');
    await nowhere.close();
  });

  it('is not mistaken when the pool is used up', async () => {
    const narrow = new Database({ url: fresh.url, applicationName: 'narrow', maxConnections: 1 });
    await narrow.transaction(async () => {
      expect(await narrow.state()).toBe('usable');
    });
    await narrow.close();
  });
});

describe('a statement that its client has given up', () => {
  it('ends on the server, so that its transaction holds no locks for as long as it would have run', async () => {
    const hasty = new Database({ url: fresh.url, applicationName: 'hasty', queryTimeoutMs: 300 });
    const error = await errorOf(
      hasty.transaction(async (tx) => {
        await tx.query('SET LOCAL statement_timeout = 0');
        await tx.query('SELECT pg_sleep(600)');
      }),
    );
    expect(error).toMatchObject({ code: 'NO_ANSWER' });
    const running = `SELECT pid FROM pg_stat_activity WHERE application_name = 'hasty' AND state = 'active'`;
    await eventually(async () => (await database.query(running)).length === 0, {
      what: 'nothing of it runs',
    });
    await hasty.close();
  });
});

describe('a transaction', () => {
  const raise = (state: string): string =>
    `DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '${state}'; END $$`;

  it.each(['08001', '53400', '57P01', '25006', '40001'])(
    'whose work fails with %s rejects with that error, because its own connection is well',
    async (code) => {
      const error = await errorOf(database.transaction((tx) => tx.query(raise(code))));
      expect(error).toMatchObject({ code });
    },
  );

  it('whose work fails because another database is away rejects with that very error', async () => {
    const other = new Database({ url: 'postgres://u:p@127.0.0.1:1/d', applicationName: 'other' });
    let thrown: unknown;
    const work = database.transaction(async () => {
      thrown = await errorOf(other.query('SELECT 1'));
      throw thrown;
    });
    expect(await errorOf(work)).toBe(thrown);
    await other.close();
  });

  it('whose connection was lost rejects with UNREACHABLE, whatever its work made of that', async () => {
    const work = database.transaction(async (tx) => {
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await operator.query('SELECT pg_terminate_backend($1)', [own?.pid]);
      try {
        await tx.query('SELECT pg_sleep(5)');
      } catch {
        throw new Error('something of its own');
      }
    });
    expect(await errorOf(work)).toMatchObject({ code: 'UNREACHABLE' });
  });

  it('whose session the server ended between two statements rejects with UNREACHABLE, too', async () => {
    const work = database.transaction(async (tx) => {
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await operator.query('SELECT pg_terminate_backend($1)', [own?.pid]);
      return await new Promise<never>(() => undefined);
    });
    expect(await errorOf(work)).toMatchObject({ code: 'UNREACHABLE' });
  });

  it('can wait less for a lock, and longer for a statement, than the pool says', async () => {
    const quick = new Database({
      url: fresh.url,
      applicationName: 'quick',
      statementTimeoutMs: 200,
      queryTimeoutMs: 300,
    });
    const patient = quick.transaction((tx) => tx.query('SELECT pg_sleep(0.6)'), { statementTimeoutMs: 0 });
    await expect(patient).resolves.toHaveLength(1);
    await operator.query('BEGIN; LOCK TABLE note');
    const error = await errorOf(
      quick.transaction((tx) => tx.query('INSERT INTO note VALUES (1)'), { lockTimeoutMs: 50 }),
    );
    expect(error).toMatchObject({ code: '55P03' });
    await operator.query('ROLLBACK');
    await quick.close();
  });
});
