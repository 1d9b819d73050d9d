import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from '../embedded-error.ts';
import type { RunAs } from '../run-as.ts';
import { runCommand } from '../run-command.ts';
import { tail } from '../wait-until.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

export const superuser = 'orderflow';

/** The files of one database cluster: `directory` is ours, `data` belongs to PostgreSQL. */
export interface Cluster {
  directory: string;
  data: string;
  passwordFile: string;
  logFile: string;
}

export function clusterIn(directory: string): Cluster {
  const at = (name: string): string => path.join(directory, name);
  return { directory, data: at('data'), passwordFile: at('password'), logFile: at('postgres.log') };
}

/**
 * Creates the cluster unless it is there, and returns the password of its superuser. The password is generated: with
 * `trust`, every user of the machine could come in through the loopback port.
 */
export async function ensureCluster(
  cluster: Cluster,
  binaries: PostgresBinaries,
  runAs?: RunAs,
): Promise<string> {
  if (!existsSync(cluster.data)) await createCluster(cluster, binaries, runAs);
  await checkVersion(cluster, binaries);
  return (await readFile(cluster.passwordFile, 'utf8')).trim();
}

async function createCluster(cluster: Cluster, binaries: PostgresBinaries, runAs?: RunAs): Promise<void> {
  // A start that is killed half-way must not leave a folder which the next one takes for a cluster.
  const unfinished = `${cluster.data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(cluster.passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  await chmod(cluster.passwordFile, 0o600);
  if (runAs !== undefined) {
    await chown(unfinished, runAs.uid, runAs.gid);
    await chown(cluster.passwordFile, runAs.uid, runAs.gid);
  }
  const result = await runCommand({
    command: binaries.initdb,
    args: initdbArguments(unfinished, cluster.passwordFile),
    runAs,
    cwd: cluster.directory,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    timeoutMs: 120_000,
  });
  await writeFile(cluster.logFile, result.stdout + result.stderr, { flag: 'a' });
  if (!result.ok) throw initdbFailed(cluster, `${result.outcome}:\n${tail(result.stdout + result.stderr)}`);
  await rename(unfinished, cluster.data);
}

/** The built-in locale provider and UTC give the same order and times whatever the machine is set to. */
function initdbArguments(data: string, passwordFile: string): string[] {
  const place = ['--pgdata', data, '--username', superuser, '--pwfile', passwordFile];
  const access = ['--auth-local=scram-sha-256', '--auth-host=scram-sha-256'];
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  return [...place, ...access, ...locale, '--no-sync', '--no-instructions'];
}

function initdbFailed(cluster: Cluster, reason: string): EmbeddedError {
  const noSpace = reason.includes('No space left on device');
  return new EmbeddedError({
    code: noSpace ? 'no_space' : 'start_failed',
    message: `PostgreSQL could not create its data in ${cluster.directory}: initdb ${reason}`,
    remedy: noSpace ? `Free some space there.` : `The whole log is ${cluster.logFile}.`,
  });
}

async function checkVersion(cluster: Cluster, binaries: PostgresBinaries): Promise<void> {
  const found = (await readFile(path.join(cluster.data, 'PG_VERSION'), 'utf8')).trim();
  const version = await runCommand({ command: binaries.postgres, args: ['--version'], timeoutMs: 10_000 });
  const ours = /\(PostgreSQL\) (\d+)/.exec(version.stdout)?.[1];
  if (found === ours) return;
  throw new EmbeddedError({
    code: 'newer_data_directory',
    message: `${cluster.data} was written by PostgreSQL ${found}, and this is PostgreSQL ${ours ?? '(not startable)'}.`,
    remedy:
      `Its files cannot be read by another major version: bring back what needs to stay with PostgreSQL ${found} ` +
      `(pg_dump), or remove ${cluster.directory} to start afresh.`,
  });
}
