import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { installState, removeStamp, writeStamp } from './install-state.mjs';

const manifest = { workspaces: ['libs/*'], dependencies: { pg: '1.0.0' } };
const packages = {
  '': manifest,
  'libs/a': { dependencies: { rxjs: '2.0.0' } },
  'node_modules/pg': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/rxjs': { version: '2.0.0', integrity: 'sha512-b' },
  'node_modules/only-on-another-system': { version: '3.0.0', optional: true },
};
const installed = Object.entries(packages).filter(([where]) => where !== '' && !where.includes('another'));

describe('the state of an installation', () => {
  let root: string;
  const write = (name: string, content: unknown): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), JSON.stringify(content));
  };
  /** What npm does, its own record last. */
  const npmInstalls = (): void => {
    for (const name of ['pg', 'rxjs']) write(`node_modules/${name}/package.json`, { name });
    write('node_modules/.package-lock.json', { packages: Object.fromEntries(installed) });
  };

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'install-state-'));
    write('package.json', manifest);
    write('package-lock.json', { packages });
    write('libs/a/package.json', packages['libs/a']);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const stampedInstallation = (): void => {
    npmInstalls();
    writeStamp(root);
  };

  it('is missing on a fresh clone', () => {
    expect(installState(root)).toEqual({ installed: false, reason: 'node_modules is missing' });
  });

  it('is complete with its stamp', () => {
    stampedInstallation();
    expect(installState(root)).toEqual({ installed: true, stamped: true });
  });

  it('is complete when someone has let npm install by hand', () => {
    npmInstalls();
    expect(installState(root)).toEqual({ installed: true, stamped: false });
  });

  it('is half done when npm was cut off', () => {
    stampedInstallation();
    removeStamp(root);
    rmSync(path.join(root, 'node_modules/.package-lock.json'));
    expect(installState(root)).toEqual({
      installed: false,
      reason: expect.stringContaining('half-installed'),
    });
  });

  it('differs after the lock file has changed', () => {
    stampedInstallation();
    write('package-lock.json', { packages: { ...packages, 'node_modules/pg': { version: '1.0.1' } } });
    expect(installState(root)).toEqual({
      installed: false,
      reason: 'node_modules differs from package-lock.json',
    });
  });

  it('differs after a workspace has asked for more than is locked', () => {
    stampedInstallation();
    write('libs/a/package.json', { dependencies: { rxjs: '2.0.0', kysely: '1.0.0' } });
    expect(installState(root)).toEqual({
      installed: false,
      reason: 'node_modules differs from package-lock.json',
    });
  });

  it('does not differ after a change of scripts only', () => {
    stampedInstallation();
    write('package.json', { ...manifest, scripts: { test: 'true' } });
    expect(installState(root)).toEqual({ installed: true, stamped: false });
  });

  it('is broken when a package has been deleted', () => {
    stampedInstallation();
    rmSync(path.join(root, 'node_modules/rxjs'), { recursive: true });
    expect(installState(root)).toEqual({ installed: false, reason: 'node_modules/rxjs is missing' });
  });
});
