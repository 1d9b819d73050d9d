import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pages } from './report/pages.ts';

/** The workspace, seen from `dist`. */
const root = path.resolve(import.meta.dirname, '../..');

export function writePages(): void {
  for (const [file, text] of Object.entries(pages(root))) {
    writeFileSync(path.join(root, file), text);
    process.stdout.write(`written: ${file}\n`);
  }
}
