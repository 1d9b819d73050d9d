import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { pages } from './pages.ts';

const root = path.resolve(import.meta.dirname, '../../..');

it.each(Object.entries(pages(root)))('%s says what the kept results say', (file, text) => {
  expect(readFileSync(path.join(root, file), 'utf8')).toBe(text);
});
