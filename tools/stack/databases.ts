import { randomBytes } from 'node:crypto';
import { Database } from '@orderflow/database';
import { serviceNames, type ServiceName } from './stack-layout.ts';

export type DatabaseUrls = Record<ServiceName, string>;

/**
 * A database and a login for each service. PostgreSQL lets every login connect to every database unless told
 * otherwise; here each reaches its own only. Passwords are new at each start: nothing has to keep them.
 * @param adminUrl of the maintenance database, as superuser
 */
export async function provisionDatabases(adminUrl: string): Promise<DatabaseUrls> {
  const admin = new Database({ url: adminUrl, applicationName: 'stack', maxConnections: 1 });
  try {
    await admin.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
    const urls = { order: '', payment: '', inventory: '', notification: '' };
    for (const service of serviceNames) urls[service] = await provision(admin, adminUrl, service);
    return urls;
  } finally {
    await admin.close();
  }
}

/** Names and password are made here of letters, digits and underscores: nothing in them needs quoting. */
async function provision(admin: Database, adminUrl: string, service: ServiceName): Promise<string> {
  const name = `orderflow_${service}`;
  const password = randomBytes(18).toString('hex');
  const logins = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  if (logins.length === 0) await admin.query(`CREATE ROLE ${name} NOSUPERUSER NOCREATEDB NOCREATEROLE`);
  await admin.query(`ALTER ROLE ${name} LOGIN PASSWORD '${password}'`);
  const databases = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  // The owner may create schemas in it, which its migrations do.
  if (databases.length === 0) await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  const url = new URL(adminUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}
