import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../error-facts.ts';
import { runCommand } from '../run-command.ts';
import type { NatsCache } from './nats-cache.ts';
import { natsRelease, releaseDownloadUrl, releasePlatform } from './nats-release.ts';
import type { Attempt } from './nats-server-version.ts';

export interface ReleaseSource {
  /** What `/v<version>/<archive>` is appended to. */
  baseUrl: string;
  /** What the archive must have; undefined where none is pinned. */
  sha256: string | undefined;
}

const headersTimeoutMs = 15_000;
const downloadTimeoutMs = 180_000;

export function releaseSource(env: NodeJS.ProcessEnv): ReleaseSource {
  return {
    baseUrl: env['ORDERFLOW_NATS_DOWNLOAD_URL'] ?? releaseDownloadUrl,
    sha256: env['ORDERFLOW_NATS_SHA256'] ?? natsRelease.sha256[releasePlatform()],
  };
}

/** Fetches the official release into the cache. Without a pinned checksum, or with a wrong one, nothing is run. */
export async function fetchRelease(source: ReleaseSource, cache: NatsCache): Promise<Attempt> {
  const { baseUrl, sha256 } = source;
  if (sha256 === undefined) return { reason: `no SHA-256 is pinned for ${releasePlatform()}` };
  const name = `nats-server-v${natsRelease.version}-${releasePlatform()}`;
  const url = `${baseUrl.replace(/\/+$/, '')}/v${natsRelease.version}/${name}.tar.gz`;
  return cache.withWorkFolder(async (folder) => {
    const archive = path.join(folder, `${name}.tar.gz`);
    await download(url, archive);
    const found = await sha256Of(archive);
    if (found !== sha256.toLowerCase())
      return { reason: `${url} has SHA-256 ${found}, not ${sha256}: not used` };
    const unpack = ['-xzf', archive, '-C', folder, `${name}/nats-server`];
    const result = await runCommand({ command: 'tar', args: unpack, timeoutMs: 60_000 });
    if (!result.ok) return { reason: `tar ${result.outcome}: ${result.stderr.trim()}` };
    return cache.add(path.join(folder, name, 'nats-server'), 'release archive');
  });
}

async function download(url: string, file: string): Promise<void> {
  const slow = new AbortController();
  const headers = setTimeout(
    () => slow.abort(new Error(`no answer within ${headersTimeoutMs} ms`)),
    headersTimeoutMs,
  );
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([slow.signal, AbortSignal.timeout(downloadTimeoutMs)]),
    });
    clearTimeout(headers);
    if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
    await pipeline(response.body, createWriteStream(file));
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(headers);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
