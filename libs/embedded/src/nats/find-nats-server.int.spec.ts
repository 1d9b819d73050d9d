import { beforeEach, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { fakeNatsServer } from './fake-nats-server.test-support.ts';
import { findNatsServer } from './find-nats-server.ts';

const temporaryFolder = temporaryFolders();
let folder: string;
/** A machine with nothing on it: no nats-server, an empty cache, a download that is refused, no apt. */
let bare: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await temporaryFolder();
  bare = {
    PATH: path.join(folder, 'empty'),
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    ORDERFLOW_NATS_DOWNLOAD_URL: 'http://127.0.0.1:1/nothing-listens-here',
    ORDERFLOW_NATS_SHA256: '0'.repeat(64),
  };
});

describe('looking for nats-server', () => {
  it('takes NATS_SERVER_BIN before anything else', async () => {
    const given = await fakeNatsServer(path.join(folder, 'given'), '2.14.0');
    const onPath = await fakeNatsServer(path.join(folder, 'bin'), '2.15.9');
    const env = { ...bare, PATH: onPath, NATS_SERVER_BIN: path.join(given, 'nats-server') };
    await expect(findNatsServer({ env })).resolves.toEqual({
      path: path.join(given, 'nats-server'),
      version: '2.14.0',
      source: 'NATS_SERVER_BIN',
    });
  });

  it.each([
    ['is not there', undefined, /could not be started.*ENOENT/],
    ['is too old', '2.10.29', /2\.10\.29, and 2\.14 or newer is needed/],
    ['is something else', 'none', /printed no version/],
  ])('refuses a NATS_SERVER_BIN that %s, although the PATH has one', async (_, version, message) => {
    const onPath = await fakeNatsServer(path.join(folder, 'bin'), '2.15.9');
    if (version !== undefined) await fakeNatsServer(path.join(folder, 'given'), version);
    const env = { ...bare, PATH: onPath, NATS_SERVER_BIN: path.join(folder, 'given', 'nats-server') };
    await expect(findNatsServer({ env })).rejects.toMatchObject({
      code: 'nats_server_missing',
      message: expect.stringMatching(message),
      remedy: expect.stringContaining('unset it'),
    });
  });

  it('passes over one on the PATH that is too old, and takes the next', async () => {
    const old = await fakeNatsServer(path.join(folder, 'old'), '2.9.25');
    const recent = await fakeNatsServer(path.join(folder, 'recent'), '3.0.0-RC.1');
    const env = { ...bare, PATH: [old, recent].join(path.delimiter) };
    await expect(findNatsServer({ env })).resolves.toMatchObject({ version: '3.0.0-RC.1', source: 'PATH' });
  });

  it('takes the newest in the cache when the PATH has only one that is too old, and says why', async () => {
    const old = await fakeNatsServer(path.join(folder, 'old'), '2.13.4');
    for (const version of ['2.14.9', '2.14.10', '2.9.0']) {
      await fakeNatsServer(path.join(folder, 'cache', 'orderflow', `nats-server-${version}`), version);
    }
    const said: string[] = [];
    const onPassedOver = (place: string, reason: string): void => void said.push(`${place}: ${reason}`);
    const found = await findNatsServer({ env: { ...bare, PATH: old }, onPassedOver });
    expect(found).toMatchObject({ version: '2.14.10', source: 'cache' });
    expect(said).toEqual([`PATH: ${old}/nats-server is 2.13.4, and 2.14 or newer is needed`]);
  });

  it('lists everything that was tried, with reasons and what to do, when there is none', async () => {
    const old = await fakeNatsServer(path.join(folder, 'old'), '2.9.25');
    const search = findNatsServer({ env: { ...bare, PATH: old } });
    await expect(search).rejects.toMatchObject({
      code: 'nats_server_missing',
      remedy: expect.stringMatching(/NATS_SERVER_BIN.*https:/),
    });
    const message = await search.catch((error: unknown) => String(error));
    const lines = [
      /NATS_SERVER_BIN: not set/,
      /PATH: .*nats-server is 2\.9\.25/,
      /cache: nothing in /,
      /official release: http:\/\/127\.0\.0\.1:1\/.*fetch failed/,
      /Debian's archive: (apt-get update could not be started|this machine has no debian-archive-keyring|the apt sources)/,
    ];
    for (const line of lines) expect(message).toMatch(line);
  });
});
