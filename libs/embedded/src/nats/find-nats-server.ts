import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { EmbeddedError } from '../embedded-error.ts';
import { reasonOf } from '../error-facts.ts';
import { fetchFromDebian } from './debian-archive.ts';
import { NatsCache } from './nats-cache.ts';
import { releasePage } from './nats-release.ts';
import { oldestVersion, tryBinary, type Attempt, type NatsServerBinary } from './nats-server-version.ts';
import { fetchRelease, releaseSource } from './release-archive.ts';

export interface FindNatsServerOptions {
  /**
   * Where the settings come from; default the environment of this process. Read are NATS_SERVER_BIN, PATH,
   * XDG_CACHE_HOME, ORDERFLOW_NATS_DOWNLOAD_URL and ORDERFLOW_NATS_SHA256.
   */
  env?: NodeJS.ProcessEnv;
  /** Instead of the official release's download URL. */
  downloadUrl?: string;
  /** Told why a place is passed over, as it happens: a download may take a while. */
  onPassedOver?: (place: string, reason: string) => void;
}

const needed = `nats-server ${oldestVersion.major}.${oldestVersion.minor} or newer`;

/**
 * Looks for a nats-server that is new enough, in this order: NATS_SERVER_BIN, PATH, the cache, the official release
 * (checked against a pinned SHA-256), Debian's archive (checked by apt). What is fetched goes to the cache. Throws an
 * `EmbeddedError` that lists what was tried and why it did not do. A NATS_SERVER_BIN that does not do is an error at
 * once, because whoever set it wants no other.
 */
export async function findNatsServer(options: FindNatsServerOptions = {}): Promise<NatsServerBinary> {
  const env = options.env ?? process.env;
  const given = env['NATS_SERVER_BIN'];
  if (given !== undefined && given !== '') return checkGiven(given);
  const tried: string[] = [];
  for (const [place, look] of places(env, options.downloadUrl)) {
    const attempt = await look().catch(asReason);
    if ('found' in attempt) return attempt.found;
    tried.push(`  ${place}: ${attempt.reason}`);
    options.onPassedOver?.(place, attempt.reason);
  }
  throw new EmbeddedError({
    code: 'nats_server_missing',
    message: `Could not find ${needed}. Tried, in this order:\n  NATS_SERVER_BIN: not set\n${tried.join('\n')}`,
    remedy: `Put one on the PATH, or set NATS_SERVER_BIN to its path. To get it: ${releasePage}`,
  });
}

function places(env: NodeJS.ProcessEnv, downloadUrl?: string): [string, () => Promise<Attempt>][] {
  const cache = new NatsCache(env);
  const release = releaseSource(env);
  return [
    ['PATH', () => findOnPath(env['PATH'] ?? '')],
    ['cache', () => cache.find()],
    ['official release', () => fetchRelease({ ...release, baseUrl: downloadUrl ?? release.baseUrl }, cache)],
    ["Debian's archive", () => fetchFromDebian(cache, env)],
  ];
}

async function checkGiven(given: string): Promise<NatsServerBinary> {
  const attempt = await tryBinary(path.resolve(given), 'NATS_SERVER_BIN');
  if ('found' in attempt) return attempt.found;
  throw new EmbeddedError({
    code: 'nats_server_missing',
    message: `NATS_SERVER_BIN does not name a usable nats-server: ${attempt.reason}.`,
    remedy: `Set it to the path of ${needed}, or unset it to have one looked for.`,
  });
}

async function findOnPath(searchPath: string): Promise<Attempt> {
  const files = searchPath.split(path.delimiter).map((folder) => path.join(folder || '.', 'nats-server'));
  const reasons: string[] = [];
  for (const file of files.filter(isExecutable)) {
    const attempt = await tryBinary(path.resolve(file), 'PATH');
    if ('found' in attempt) return attempt;
    reasons.push(attempt.reason);
  }
  return { reason: reasons.join('; ') || 'no nats-server there' };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function asReason(error: unknown): Attempt {
  return { reason: reasonOf(error) };
}
