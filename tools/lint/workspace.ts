import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { boundaries } from './boundaries.ts';

/** What the checks of this folder read of a `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const root = path.resolve(import.meta.dirname, '../..');

export const projects: readonly string[] = Object.keys(boundaries);

const notSources = ['node_modules', 'dist', 'out-spec', 'out-tsc', 'fixtures'].map(
  (folder) => `**/${folder}/**`,
);

/** The sources of a project, specs included, relative to the root and with `/`. */
export function sourceFiles(project: string): string[] {
  const found = globSync(`${project}/**/*.{ts,mjs}`, { cwd: root, exclude: notSources });
  return found.map((file) => file.split(path.sep).join('/')).sort();
}

/** The `package.json` in a folder below the root. */
export function manifestIn(folder: string): Manifest {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- npm has checked its own file
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Manifest;
}
