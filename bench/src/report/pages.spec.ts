import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { keptResults } from './kept-results.ts';
import { pages } from './pages.ts';
import { isRecord } from './result-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');

it.each(Object.entries(pages(root)))('%s says what the kept results say', (file, text) => {
  expect(readFileSync(path.join(root, file), 'utf8')).toBe(text);
});

it.each(keptResults(path.join(root, 'bench/results')))(
  'the kept result of $workload is of a full run',
  (result) => {
    expect(isRecord(result)).toBe(true);
  },
);
