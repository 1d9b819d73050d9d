import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { withTakenPort } from '../taken-port.test-support.ts';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { startPostgres, type PostgresProcess } from './postgres.launcher.ts';

const temporaryFolder = temporaryFolders();

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

describe('a PostgreSQL that was started', () => {
  let folder: string;
  let postgres: PostgresProcess;

  beforeAll(async () => {
    folder = await temporaryFolder();
    postgres = await startPostgres({ directory: folder });
  });
  afterAll(() => postgres.stop());

  it('keeps databases and rows over a restart, on the same port', async () => {
    const url = await postgres.createDatabase('kept "as" it-is');
    await query(url, 'CREATE TABLE fact (id int)');
    await query(url, 'INSERT INTO fact VALUES (1)');
    const { pid, port } = postgres;
    await postgres.restart();
    expect(postgres).toMatchObject({ port });
    expect(postgres.pid).not.toBe(pid);
    await expect(query(url, 'SELECT id FROM fact')).resolves.toEqual([{ id: 1 }]);
  });

  it('keeps what was committed when it is killed, and starts again at once', async () => {
    const url = await postgres.createDatabase('killed');
    await query(url, 'CREATE TABLE fact AS SELECT 7 AS id');
    await postgres.kill('SIGKILL');
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await postgres.restart();
    await expect(query(url, 'SELECT id FROM fact')).resolves.toEqual([{ id: 7 }]);
  });

  it('does not wait for its clients when it is stopped', async () => {
    const client = new Client({ connectionString: postgres.url() });
    client.on('error', () => undefined);
    await client.connect();
    await postgres.restart();
    await expect(client.query('SELECT 1')).rejects.toThrow();
  });

  it('is safe against power loss, listens on the loopback only, and lets nobody in without its password', async () => {
    const settings = await query(
      postgres.url(),
      "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'unix_socket_directories', 'max_connections') ORDER BY name",
    );
    expect(settings).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'max_connections', setting: '200' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const wrong = new URL(postgres.url());
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('creates a database that exists only once', async () => {
    const [first, again] = [await postgres.createDatabase('once'), await postgres.createDatabase('once')];
    expect(again).toBe(first);
  });

  it('names the one that already runs on the folder', async () => {
    await expect(startPostgres({ directory: folder })).rejects.toMatchObject({
      code: 'already_running',
      remedy: `Use it, or end it with "kill -INT ${postgres.pid}".`,
    });
  });

  it('refuses a port that is given and taken, with the remedy', async () => {
    await postgres.stop();
    await withTakenPort(async (port) => {
      await expect(startPostgres({ directory: folder, port })).rejects.toMatchObject({
        code: 'port_taken',
        message: expect.stringContaining(`Port ${port}`),
        remedy: expect.stringContaining('another port'),
      });
    });
    await postgres.restart();
  });

  it('refuses the data of another major version, with the remedy', async () => {
    await postgres.stop();
    const versionFile = path.join(folder, 'data', 'PG_VERSION');
    const version = await readFile(versionFile, 'utf8');
    await writeFile(versionFile, '19\n');
    await expect(startPostgres({ directory: folder })).rejects.toMatchObject({
      code: 'newer_data_directory',
      message: expect.stringMatching(/written by PostgreSQL 19, and this is PostgreSQL 18/),
      remedy: expect.stringContaining('pg_dump'),
    });
    await writeFile(versionFile, version);
    await postgres.restart();
  });
});

const root = process.getuid?.() === 0;

/** The lines of /proc that tell who a process is and what it may do. */
async function statusOf(pid: number): Promise<{ uid: string | undefined; capabilities: string | undefined }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [uid, capabilities] = [/^Uid:\t(\d+)/m, /^CapEff:\t0*(\w+)/m].map((line) => line.exec(status)?.[1]);
  return { uid, capabilities };
}

// An ordinary user runs PostgreSQL as itself: every other test of this file shows that it works.
(root ? describe : describe.skip)('as root (skipped for ordinary users)', () => {
  it('runs as nobody, who comes through an open folder without rights of its own', async () => {
    const folder = await temporaryFolder(0o755);
    const postgres = await startPostgres({
      directory: path.join(folder, 'postgres'),
      durable: false,
      keep: false,
    });
    await expect(statusOf(postgres.pid)).resolves.toEqual({ uid: '65534', capabilities: '0' });
    await postgres.stop();
    expect(existsSync(path.join(folder, 'postgres'))).toBe(false);
  });

  it('lets nobody through a closed folder, and nothing more; half-made data of a killed start is no hindrance', async () => {
    const folder = await temporaryFolder(0o700);
    await mkdir(path.join(folder, 'data.new', 'base'), { recursive: true });
    const postgres = await startPostgres({ directory: folder, durable: false, keep: false });
    // CAP_DAC_OVERRIDE (bit 1) and CAP_DAC_READ_SEARCH (bit 2).
    await expect(statusOf(postgres.pid)).resolves.toEqual({ uid: '65534', capabilities: '6' });
    await postgres.stop();
  });
});
