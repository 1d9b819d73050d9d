import { afterEach, describe, expect, it } from '@jest/globals';
import { type Database, migrate } from '@orderflow/database';
import { eventually, temporaryDirectory } from '@orderflow/testing';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MESSAGING_MIGRATIONS } from '../src/runtime/migrations.ts';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectsOf, INTACT, nothingParked, verdict } from './harness/ledger-check.test-support.ts';
import type { StepType } from './harness/ledger-events.test-support.ts';
import { Load } from './harness/load.test-support.ts';

const KINDS: readonly StepType[] = ['Counted', 'Tallied', 'Called', 'Mailed'];

let cluster: Cluster;

afterEach(async () => {
  await cluster.close();
});

/** What a newer build may do beside older ones: it adds to every table of the library, and has tables of its own. */
const ADDS = `
  DO $$
  DECLARE name regclass;
  BEGIN
    FOR name IN
      SELECT oid FROM pg_class
      WHERE relnamespace = 'messaging'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    LOOP
      EXECUTE format('ALTER TABLE %s ADD COLUMN newer text NOT NULL DEFAULT %L', name, 'newer');
    END LOOP;
  END $$;
  CREATE TABLE messaging.newer (id bigint PRIMARY KEY);`;

/** The migrations of this build, and one more. */
async function migrateByNewerBuild(database: Database, sql: string): Promise<void> {
  const folder = await temporaryDirectory('newer-migrations');
  try {
    await cp(MESSAGING_MIGRATIONS.directory, folder.path, { recursive: true });
    await writeFile(path.join(folder.path, '999-newer.sql'), sql);
    const directory = pathToFileURL(`${folder.path}/`);
    expect(await migrate(database, { ...MESSAGING_MIGRATIONS, directory })).toEqual(['999-newer']);
  } finally {
    await folder.remove();
  }
}

const HANDLED = `
  SELECT sent.type FROM ledger JOIN sent USING (message_id) GROUP BY sent.type HAVING count(*) > $1`;

/** Messages of each kind are handled that were sent after this. */
async function goesOn(loads: readonly Load[]): Promise<void> {
  const sent = Math.max(...loads.map((load) => load.sent));
  const handled = async (): Promise<boolean> =>
    (await cluster.database.query(HANDLED, [sent])).length === KINDS.length;
  await eventually(handled, { what: 'messages of each kind are handled' });
}

describe('a newer build that migrates the database of running instances', () => {
  it('neither stops nor disturbs them, and an instance of the older build still starts', async () => {
    cluster = await startCluster();
    await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
    const loads = KINDS.map(
      (type) =>
        new Load(cluster, {
          keys: keysOf(8).map((key) => `${type}-${key}`),
          perSecond: 40,
          sending: { type },
        }),
    );
    await goesOn(loads);
    await migrateByNewerBuild(cluster.database, ADDS);
    await goesOn(loads);
    await cluster.start('back');
    await cluster.instances[0]?.kill();
    await goesOn(loads);
    await Promise.all(loads.map((load) => load.stop()));
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect(new Set((await effectsOf(cluster.database)).map(({ attempt }) => attempt))).toEqual(new Set([1]));
    await nothingParked(cluster.database);
  });
});

describe('a migration that breaks older builds', () => {
  it('keeps an instance of an older build from starting, which says so', async () => {
    cluster = await startCluster();
    await cluster.start('first');
    await migrateByNewerBuild(cluster.database, '-- breaks: older builds\nSELECT 1;');
    const older = cluster.launch('older');
    const ended = (): boolean => !older.running || older.lineOf('running') !== undefined;
    await eventually(ended, { what: 'it runs or refuses to' });
    expect(older.lineOf('boot failed')?.['error']).toContain(
      'has migration messaging/999-newer, this build does not',
    );
  });
});
