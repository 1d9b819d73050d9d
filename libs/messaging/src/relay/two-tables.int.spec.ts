import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { freshDatabase } from '@orderflow/testing';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MESSAGING_MIGRATIONS } from '../runtime/migrations.ts';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: Database;
let folder: string;

beforeEach(async () => {
  fresh = await freshDatabase('version-1');
  database = new Database({ url: fresh.url, applicationName: 'version-1' });
  folder = await mkdtemp(join(tmpdir(), 'version-1-'));
  const files = await readdir(MESSAGING_MIGRATIONS.directory);
  for (const file of files.filter((name) => name < '007'))
    await cp(new URL(file, MESSAGING_MIGRATIONS.directory), join(folder, file));
  await migrate(database, { name: MESSAGING_MIGRATIONS.name, directory: pathToFileURL(`${folder}/`) });
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
  await rm(folder, { recursive: true });
});

const INSERT = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, available_at, published_seq, published_at)
  VALUES ($1, 'S', 's.u.happened', 'u', '{"a": "b"}', $1, $2, $3, $4)`;

describe('a database of version 1', () => {
  it('keeps what waits, what is delayed and what was published, and goes on counting', async () => {
    const at = new Date();
    await database.query(INSERT, ['published', null, 7, at]);
    await database.query(INSERT, ['waiting', null, null, null]);
    await database.query(INSERT, ['delayed', at, null, null]);
    await migrate(database, MESSAGING_MIGRATIONS);
    const waiting = await database.query(
      'SELECT id, message_id, available_at, payload FROM messaging.outbox ORDER BY id',
    );
    expect(waiting).toEqual([
      { id: 2, message_id: 'waiting', available_at: null, payload: 'waiting' },
      { id: 3, message_id: 'delayed', available_at: at, payload: 'delayed' },
    ]);
    const published = await database.query(
      'SELECT outbox_id, message_id, sequence, incarnation FROM messaging.published',
    );
    expect(published).toEqual([{ outbox_id: 1, message_id: 'published', sequence: 7, incarnation: '' }]);
    const [next] = await database.query(
      `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
       VALUES ('next', 'S', 's.u.happened', 'u', '{}', '') RETURNING id`,
    );
    expect(next).toEqual({ id: 4 });
  });
});
