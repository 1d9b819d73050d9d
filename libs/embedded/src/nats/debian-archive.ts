import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../run-command.ts';
import { debianMirror } from './debian-mirror.ts';
import type { NatsCache } from './nats-cache.ts';
import type { Attempt } from './nats-server-version.ts';

/** The newest suite; the released ones carry a nats-server that is too old. */
const suite = 'forky';
const keyrings = ['debian-archive-keyring.gpg', 'debian-archive-keyring.pgp'].map(
  (name) => `/usr/share/keyrings/${name}`,
);
const timeoutMs = 120_000;

/**
 * Fetches Debian's package of nats-server into the cache: without root, with lists and state of its own, nothing
 * installed. apt checks it against Debian's keys.
 */
export async function fetchFromDebian(cache: NatsCache, env: NodeJS.ProcessEnv): Promise<Attempt> {
  const keyring = keyrings.find((file) => existsSync(file));
  if (keyring === undefined)
    return { reason: 'this machine has no debian-archive-keyring to check packages with' };
  const mirror = await debianMirror();
  if (mirror === undefined) return { reason: 'the apt sources of this machine name no Debian mirror' };
  return cache.withWorkFolder(async (folder) => {
    const options = await privateApt(folder, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    const step = { cwd: folder, env: { ...env, LC_ALL: 'C' }, timeoutMs };
    const update = await runCommand({ ...step, command: 'apt-get', args: [...options, '-qq', 'update'] });
    if (!update.ok) return { reason: `apt-get update ${update.outcome}: ${update.stderr.trim()}` };
    const download = await runCommand({
      ...step,
      command: 'apt-get',
      args: [...options, '-qq', 'download', 'nats-server'],
    });
    if (!download.ok) return { reason: `apt-get download ${download.outcome}: ${download.stderr.trim()}` };
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return { reason: 'apt-get download left no package' };
    const unpacked = await runCommand({ ...step, command: 'dpkg-deb', args: ['-x', archive, 'unpacked'] });
    if (!unpacked.ok) return { reason: `dpkg-deb ${unpacked.outcome}: ${unpacked.stderr.trim()}` };
    return takeProgram(path.join(folder, 'unpacked'), cache);
  });
}

function takeProgram(unpacked: string, cache: NatsCache): Promise<Attempt> | Attempt {
  const candidates = ['usr/sbin', 'usr/bin'].map((directory) =>
    path.join(unpacked, directory, 'nats-server'),
  );
  const program = candidates.find((file) => existsSync(file));
  if (program === undefined) return { reason: 'the package nats-server holds no nats-server' };
  return cache.add(program, "Debian's archive");
}

/** Options that keep apt away from the system's lists, cache, preferences and lock files. */
async function privateApt(folder: string, source: string): Promise<string[]> {
  const at = (...names: string[]): string => path.join(folder, ...names);
  await mkdir(at('lists', 'partial'), { recursive: true });
  await mkdir(at('cache', 'archives', 'partial'), { recursive: true });
  await writeFile(at('sources.list'), source);
  const settings = {
    'Dir::Etc::SourceList': at('sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::Lists': at('lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': at('cache'),
    // As root, apt would fetch as a user who cannot write here.
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': '1',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
    'Acquire::Retries': '1',
    // Without these, a machine's own settings could switch the check off.
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
