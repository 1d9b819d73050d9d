import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { debianMirror } from './debian-mirror.ts';

const temporaryFolder = temporaryFolders();
let apt: string;

beforeEach(async () => {
  apt = await temporaryFolder();
  await mkdir(path.join(apt, 'sources.list.d'));
});

describe("the Debian mirror of a machine's apt sources", () => {
  it.each([
    [
      'deb822',
      'sources.list.d/debian.sources',
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: x\n',
    ],
    [
      'deb822 over two lines',
      'sources.list.d/a.sources',
      'URIs:\n http://mirror.example/debian/\nSuites: x\n',
    ],
    ['one line', 'sources.list', 'deb http://mirror.example/debian bookworm main\n'],
    [
      'one line with options',
      'sources.list.d/b.list',
      'deb [arch=amd64] https://mirror.example/debian x main\n',
    ],
  ])('is read from the %s format', async (_, file, content) => {
    await writeFile(path.join(apt, file), content);
    await expect(debianMirror(apt)).resolves.toMatch(/^https?:\/\/mirror\.example\/debian\/?$/);
  });

  it.each([
    ['there are no sources', 'README', ''],
    ['only security updates are named', 'sources.list', 'deb http://mirror.example/debian-security x main\n'],
    ['the source is commented out', 'sources.list', '# deb http://mirror.example/debian x main\n'],
    ['it is another distribution', 'sources.list', 'deb http://mirror.example/ubuntu noble main\n'],
    [
      'the source is switched off',
      'sources.list.d/d.sources',
      'Enabled: no\nURIs: http://mirror.example/debian\n',
    ],
  ])('is none when %s', async (_, file, content) => {
    await writeFile(path.join(apt, file), content);
    await expect(debianMirror(apt)).resolves.toBeUndefined();
  });
});
