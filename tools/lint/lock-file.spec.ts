import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type LockEntries, tiedToRegistry, withoutChecksum } from './lock-file.ts';
import { root } from './workspace.ts';

/** With `integrity` missing, empty, or too weak in all but the first package. */
const weak: LockEntries = {
  '': { version: '0.1.0' },
  'apps/order': { version: '0.1.0' },
  'node_modules/@orderflow/order': { resolved: 'apps/order', link: true },
  'node_modules/good': { version: '1.0.0', integrity: 'sha512-abc' },
  'node_modules/none': { version: '1.0.0' },
  'node_modules/good/node_modules/empty': { version: '1.0.0', integrity: '' },
  'apps/order/node_modules/sha1': { version: '1.0.0', integrity: 'sha1-abc' },
};

function lockEntries(): LockEntries {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: LockEntries;
  };
  return lock.packages;
}

describe('the check of the lock file', () => {
  it('finds each package without a sha512 checksum, and asks for none of a workspace', () => {
    expect(withoutChecksum(weak)).toEqual([
      'node_modules/none',
      'node_modules/good/node_modules/empty',
      'apps/order/node_modules/sha1',
    ]);
  });

  it('finds packages that name a registry, and lets workspaces name their folder', () => {
    const named = {
      version: '1.0.0',
      resolved: 'https://registry.example/named.tgz',
      integrity: 'sha512-abc',
    };
    expect(tiedToRegistry({ ...weak, 'node_modules/named': named })).toEqual(['node_modules/named']);
  });
});

describe('package-lock.json', () => {
  const entries = lockEntries();

  // Remedy: regenerate it in a folder with the package.json files only, without node_modules and without a lock file.
  it('has a sha512 checksum for each package, so that npm refuses other bytes', () => {
    expect(withoutChecksum(entries)).toEqual([]);
  });

  // Remedy: write it with `omit-lockfile-registry-resolved`, which .npmrc sets.
  it('names no registry', () => {
    expect(tiedToRegistry(entries)).toEqual([]);
  });

  it('is read: it has the packages of the whole workspace', () => {
    expect(Object.keys(entries).length).toBeGreaterThan(500);
  });
});
