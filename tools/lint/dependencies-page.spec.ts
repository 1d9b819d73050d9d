import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { manifestIn, projects, root } from './workspace.ts';

const page = readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8');

interface Row {
  readonly names: string[];
  readonly cells: string[];
}

/** The rows of the table under a heading; its first cell names one or several packages as code. */
function rowsUnder(heading: string): Row[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const [first = '', ...cells] = line.split('|').slice(1, -1);
    return { names: [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), cells };
  });
}

const manifests = ['.', ...projects].map(manifestIn);
const foreign = (names: string[]) =>
  [...new Set(names)].filter((name) => !name.startsWith('@orderflow/')).sort();
const atRunTime = foreign(manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies)));
const forDevelopment = foreign(manifests.flatMap(({ devDependencies = {} }) => Object.keys(devDependencies)));

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', atRunTime],
    ['For development', forDevelopment.filter((name) => !atRunTime.includes(name))],
  ])('names under "%s" exactly what the package.json files have', (heading, declared) => {
    expect(
      rowsUnder(heading)
        .flatMap(({ names }) => names)
        .sort(),
    ).toEqual(declared);
  });

  it('says of each what it is for and why this one', () => {
    const rows = [...rowsUnder('At run time'), ...rowsUnder('For development')];
    const silent = rows.filter(({ cells }) => cells.length !== 2 || cells.some((cell) => cell.trim() === ''));
    expect(silent).toEqual([]);
  });
});
