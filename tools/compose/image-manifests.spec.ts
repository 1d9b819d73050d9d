import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workspaceRoot } from '../stack/stack-layout.ts';

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

/** Folders of the workspaces, as the lock file has them. */
function workspaces(): string[] {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> };
  return Object.keys(packages).filter((folder) => folder !== '' && !folder.includes('node_modules/'));
}

/** `npm ci` in the build wants the package.json of every workspace, also of those that it does not install. */
describe('the images are built with the manifest', () => {
  it.each(workspaces())('of %s', (folder) => {
    expect(read('docker/Dockerfile')).toContain(`COPY ${folder}/package.json ${folder}/\n`);
    const allowed = read('docker/Dockerfile.dockerignore').split('\n');
    const [top = ''] = folder.split('/');
    expect(allowed.includes(`!${top}`) || allowed.includes(`!${folder}/package.json`)).toBe(true);
  });
});
