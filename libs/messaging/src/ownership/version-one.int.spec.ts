import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { freshDatabase, temporaryDirectory } from '@orderflow/testing';
import { MESSAGING_MIGRATIONS } from '../runtime/migrations.ts';
import { candidatesFor } from './candidates.ts';
import { OwnershipStore } from './ownership-store.ts';
import { claimForService } from './service-name.ts';

const LAST_OF_VERSION_ONE = '006';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: Database;

/** A database of version 1 with an instance that is alive and holds a partition. */
beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Database({ url: fresh.url, applicationName: 'test' });
  const folder = await temporaryDirectory('version-one');
  const source = fileURLToPath(MESSAGING_MIGRATIONS.directory);
  for (const file of await readdir(source)) {
    if (file.slice(0, 3) <= LAST_OF_VERSION_ONE)
      await copyFile(path.join(source, file), path.join(folder.path, file));
  }
  await migrate(database, { name: 'messaging', directory: pathToFileURL(`${folder.path}/`) });
  await folder.remove();
  await database.query(`INSERT INTO messaging.member VALUES ('old', true, 'infinity')`);
  await database.query(`INSERT INTO messaging.ownership VALUES ('partition-00', 'old', 7)`);
  await migrate(database, MESSAGING_MIGRATIONS);
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

describe('a database of version 1', () => {
  it('keeps its leases, and its instances take part in everything', async () => {
    const store = new OwnershipStore(database, 'new');
    const members = await store.members();
    expect(members).toMatchObject([{ instance: 'old', accepts: true, intake: true, relay: true }]);
    expect([candidatesFor('partition-00', members), candidatesFor('relay', members)]).toEqual([
      ['old'],
      ['old'],
    ]);
    expect(await store.all()).toEqual([{ resource: 'partition-00', owner: 'old', epoch: 7 }]);
  });

  it('gets the name of the first service that boots, of many at once, and refuses any other', async () => {
    await Promise.all(Array.from({ length: 8 }, () => claimForService(database, 'ledger')));
    await claimForService(database, 'ledger');
    await expect(claimForService(database, 'other')).rejects.toMatchObject({
      code: 'DATABASE_SHARED',
      message: expect.stringContaining('"ledger"'),
    });
  });
});
