import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface FreshDatabase {
  url: string;
  /** Drops it, open connections notwithstanding. Optional: the run's PostgreSQL goes with all its databases. */
  drop(): Promise<void>;
}

/**
 * An empty database in the PostgreSQL of this Jest run, which the first call starts. Its name begins with `name` and
 * is its own, so that test files can run side by side.
 */
export async function freshDatabase(name = 'test'): Promise<FreshDatabase> {
  const maintenanceUrl = await postgresOfRun();
  const database = `${name.slice(0, 40)}_${randomBytes(6).toString('hex')}`;
  await execute(maintenanceUrl, (quoted) => `CREATE DATABASE ${quoted}`, database);
  const url = new URL(maintenanceUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  const drop = (): Promise<void> =>
    execute(maintenanceUrl, (quoted) => `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`, database);
  return { url: url.href, drop };
}

async function postgresOfRun(): Promise<string> {
  const address = process.env['ORDERFLOW_TEST_POSTGRES'];
  if (address === undefined) {
    throw new Error(
      'freshDatabase() works inside Jest only, with the globalSetup of the root jest.config.mjs.',
    );
  }
  const response = await fetch(address);
  const answer = await response.text();
  if (!response.ok) throw new Error(`The PostgreSQL of this test run did not start. ${answer}`);
  return answer;
}

async function execute(url: string, statement: (quoted: string) => string, database: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement(client.escapeIdentifier(database)));
  } finally {
    await client.end();
  }
}
