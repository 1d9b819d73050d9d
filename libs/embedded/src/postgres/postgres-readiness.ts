import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import type { Cluster } from './postgres-cluster.ts';

/** Whether this very server takes connections. */
export async function isReady(cluster: Cluster, pid: number, url: string): Promise<boolean> {
  try {
    // Asked first, because whatever else may listen on the port could leave a connection without an answer.
    if (!(await saysReady(cluster, pid))) return false;
    return await withClient(url, async (client) => (await client.query('SELECT 1')).rowCount === 1);
  } catch {
    // No lock file yet, or not taking connections yet: the caller has the deadline and the log.
    return false;
  }
}

/** The lock file has the process id in its first line and the state in its eighth (PostgreSQL's miscadmin.h). */
async function saysReady(cluster: Cluster, pid: number): Promise<boolean> {
  const lines = (await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8')).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that is killed breaks the connection; the query that needs it reports that.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
