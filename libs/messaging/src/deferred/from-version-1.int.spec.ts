import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MESSAGING_MIGRATIONS } from '../runtime/migrations.ts';

let fresh: FreshDatabase;
let database: Database;
let folder: string;

beforeAll(async () => {
  fresh = await freshDatabase('version1');
  database = new Database({ url: fresh.url, applicationName: 'test' });
  folder = await mkdtemp(join(tmpdir(), 'orderflow-version-1-'));
  const { directory } = MESSAGING_MIGRATIONS;
  for (const file of await readdir(directory))
    if (file < '007') await copyFile(new URL(file, directory), join(folder, file));
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
  await rm(folder, { recursive: true });
});

const PARKED = `
  INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at, state,
    blocks, attempts, history)
  SELECT consumer, key, consumer || key || n, 'COUNTS', n, 'count.0.k.counted', '{}', '{}', now(), state, blocks, 1, '[]'
  FROM (VALUES
    ('ordered', 'dead', 1, 'dead', true), ('ordered', 'dead', 2, 'waiting', true), ('ordered', 'dead', 3, 'waiting', true),
    ('ordered', 'draining', 1, 'waiting', true), ('ordered', 'draining', 2, 'waiting', true),
    ('ordered', 'skipped', 1, 'dead', false),
    ('mailer', 'redriven', 1, 'waiting', true), ('mailer', 'gone', 1, 'dead', false)
  ) AS row (consumer, key, n, state, blocks)`;

const KEYS = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state)
  VALUES ('ordered', 'dead', 0, 'blocked'), ('ordered', 'draining', 1, 'draining'), ('mailer', 'redriven', 2, 'draining')`;

it('keeps what a database of version 1 has in flight', async () => {
  await migrate(database, { name: 'messaging', directory: pathToFileURL(`${folder}/`) });
  await database.query(PARKED);
  await database.query(KEYS);
  await migrate(database, MESSAGING_MIGRATIONS);
  expect(
    await database.query(
      'SELECT consumer, key, partition, state, messages, dependency FROM messaging.blocked_key ORDER BY key',
    ),
  ).toEqual([
    { consumer: 'ordered', key: 'dead', partition: 0, state: 'blocked', messages: 3, dependency: '' },
    { consumer: 'ordered', key: 'draining', partition: 1, state: 'draining', messages: 2, dependency: '' },
  ]);
  expect(
    await database.query(
      `SELECT consumer, key, count(*)::int, bool_or(blocks) AS blocks, max(partition) AS partition,
         count(next_at)::int AS due
       FROM messaging.parked GROUP BY consumer, key ORDER BY consumer, key`,
    ),
  ).toEqual([
    { consumer: 'mailer', key: 'gone', count: 1, blocks: false, partition: null, due: 0 },
    { consumer: 'mailer', key: 'redriven', count: 1, blocks: false, partition: 2, due: 1 },
    { consumer: 'ordered', key: 'dead', count: 3, blocks: true, partition: null, due: 0 },
    { consumer: 'ordered', key: 'draining', count: 2, blocks: true, partition: null, due: 0 },
    { consumer: 'ordered', key: 'skipped', count: 1, blocks: false, partition: null, due: 0 },
  ]);
});
