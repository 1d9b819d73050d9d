import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase } from './fresh-database.ts';

async function withConnection<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe('freshDatabase', () => {
  it('gives each caller an empty database of its own, side by side', async () => {
    const databases = await Promise.all([
      freshDatabase('left'),
      freshDatabase('left'),
      freshDatabase('right'),
    ]);
    const created = databases.map(({ url }) =>
      withConnection(url, (client) => client.query('CREATE TABLE only_here (id int)')),
    );
    await expect(Promise.all(created)).resolves.toHaveLength(3);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('drops a database that is still in use', async () => {
    const database = await freshDatabase();
    const client = new Client({ connectionString: database.url });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    await client.connect();
    await database.drop();
    await ended;
    expect(errors).toContainEqual(expect.objectContaining({ code: '57P01' }));
    await expect(withConnection(database.url, (again) => again.query('SELECT 1'))).rejects.toThrow(
      'does not exist',
    );
  });

  it('is PostgreSQL 18', async () => {
    const database = await freshDatabase();
    const version = await withConnection(database.url, (client) =>
      client.query<{ server_version_num: string }>('SHOW server_version_num'),
    );
    expect(Number(version.rows[0]?.server_version_num)).toBeGreaterThanOrEqual(180_000);
    await database.drop();
  });
});

it('asks for its PostgreSQL over a connection that is used once, as an idle one may be closed at any moment', async () => {
  const response = await fetch(process.env['ORDERFLOW_TEST_POSTGRES'] ?? '');
  expect(response.headers.get('connection')).toBe('close');
});
