import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sizingTable } from '../sizing/sizing-table.ts';
import { benchmarksPage } from './benchmarks-page.ts';
import { keptPlots, keptResults } from './kept-results.ts';

const TABLE = /(<!-- sizing -->\n\n```text\n)[^]*?(```\n\n<!-- \/sizing -->)/;

/** The pages that show kept results, by path from the root of the workspace. */
export function pages(root: string): Readonly<Record<string, string>> {
  const folder = path.join(root, 'bench', 'results');
  const results = keptResults(folder);
  const sizing = readFileSync(path.join(root, 'docs', 'sizing.md'), 'utf8');
  const table = `${sizingTable(results).join('\n')}\n`;
  return {
    'docs/benchmarks.md': benchmarksPage(results, keptPlots(folder)),
    'docs/sizing.md': sizing.replace(TABLE, (_all, begin: string, end: string) => begin + table + end),
  };
}
