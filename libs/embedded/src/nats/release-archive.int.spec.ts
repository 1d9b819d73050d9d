import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { fakeNatsServer } from './fake-nats-server.test-support.ts';
import { findNatsServer } from './find-nats-server.ts';
import { NatsCache } from './nats-cache.ts';
import { natsRelease, releasePlatform } from './nats-release.ts';
import { fetchRelease } from './release-archive.ts';

const temporaryFolder = temporaryFolders();
const name = `nats-server-v${natsRelease.version}-${releasePlatform()}`;
let folder: string;
let server: Server;
let downloadUrl: string;
let requested: string[];
let archive: Buffer;
let env: NodeJS.ProcessEnv;

/** A release with the layout of the official one, served from this machine. */
beforeEach(async () => {
  folder = await temporaryFolder();
  await fakeNatsServer(path.join(folder, name), natsRelease.version);
  execFileSync('tar', ['-czf', path.join(folder, 'release.tar.gz'), '-C', folder, name]);
  archive = readFileSync(path.join(folder, 'release.tar.gz'));
  requested = [];
  server = createServer((request, response) => {
    requested.push(request.url ?? '');
    const there = request.url === `/releases/v${natsRelease.version}/${name}.tar.gz`;
    response.writeHead(there ? 200 : 404).end(there ? archive : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  downloadUrl = `http://127.0.0.1:${address.port}/releases`;
  const sha256 = createHash('sha256').update(archive).digest('hex');
  env = { PATH: '/nowhere', XDG_CACHE_HOME: path.join(folder, 'cache'), ORDERFLOW_NATS_SHA256: sha256 };
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('the official release archive', () => {
  it('goes to the cache when its checksum is right, and is not fetched again', async () => {
    const target = path.join(
      folder,
      'cache',
      'orderflow',
      `nats-server-${natsRelease.version}`,
      'nats-server',
    );
    const fetched = await findNatsServer({ env, downloadUrl });
    expect(fetched).toEqual({ path: target, version: natsRelease.version, source: 'release archive' });
    const again = await findNatsServer({ env, downloadUrl });
    expect(again).toEqual({ path: target, version: natsRelease.version, source: 'cache' });
    expect(requested).toHaveLength(1);
    expect(readdirSync(path.join(folder, 'cache', 'orderflow'))).toEqual([
      `nats-server-${natsRelease.version}`,
    ]);
  });

  it('takes its address from ORDERFLOW_NATS_DOWNLOAD_URL too', async () => {
    const withUrl = { ...env, ORDERFLOW_NATS_DOWNLOAD_URL: `${downloadUrl}/` };
    await expect(findNatsServer({ env: withUrl })).resolves.toMatchObject({ source: 'release archive' });
  });

  it('is neither run nor kept when its checksum is wrong', async () => {
    const wrong = { ...env, ORDERFLOW_NATS_SHA256: 'ab'.repeat(32) };
    const search = findNatsServer({ env: wrong, downloadUrl });
    await expect(search).rejects.toThrow(
      /official release: .* has SHA-256 [0-9a-f]{64}, not (ab){32}: not used/,
    );
    expect(requested).toHaveLength(1);
    expect(readdirSync(path.join(folder, 'cache', 'orderflow'))).toEqual([]);
  });

  it('is passed over when it is not there', async () => {
    const search = findNatsServer({ env, downloadUrl: `${downloadUrl}/elsewhere` });
    await expect(search).rejects.toThrow(/official release: http.*answered 404/);
  });

  it('is not even asked for when no checksum is pinned for the platform', async () => {
    const cache = new NatsCache(env);
    const attempt = await fetchRelease({ baseUrl: downloadUrl, sha256: undefined }, cache);
    expect(attempt).toEqual({ reason: `no SHA-256 is pinned for ${releasePlatform()}` });
    expect(requested).toEqual([]);
    expect(existsSync(cache.directory)).toBe(false);
  });

  it('has a well-formed checksum for each platform', () => {
    const sums = Object.values(natsRelease.sha256);
    expect(sums.filter((sum) => !/^[0-9a-f]{64}$/.test(sum))).toEqual([]);
    expect(new Set(sums).size).toBe(sums.length);
  });
});
