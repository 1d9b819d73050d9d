import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './workspace.ts';

/** Pages that say by which tests their claims are shown: `[file.spec.ts](path): _title_ · _title_`. */
const pages = ['README.md', 'docs/guarantees.md', 'docs/failures.md'];

const citation = /\[[^\]]+\.spec\.ts\]\(([^)]+\.spec\.ts)\)((?::? _[^_\n]+_(?: ·)?)*)/g;

interface Citation {
  readonly file: string;
  readonly titles: readonly string[];
}

function citationsIn(page: string): Citation[] {
  const folder = path.dirname(path.join(root, page));
  return [...readFileSync(path.join(root, page), 'utf8').matchAll(citation)].map(
    ([, link = '', list = '']) => ({
      file: path.relative(root, path.resolve(folder, link)),
      titles: [...list.matchAll(/_([^_\n]+)_/g)].map(([, title = '']) => title),
    }),
  );
}

/** Whether a test or a group of tests of the file has this title. */
function hasTitle(source: string, title: string): boolean {
  const literals = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``];
  return literals.some((literal) => {
    const after = source.split(literal).slice(1);
    return after.some((rest) => /^,\s*(async\s*)?\(/.test(rest));
  });
}

/** What a page cites that does not exist. */
function untrue({ file, titles }: Citation): string[] {
  if (!existsSync(path.join(root, file))) return [`${file} does not exist`];
  const source = readFileSync(path.join(root, file), 'utf8');
  return titles.filter((title) => !hasTitle(source, title)).map((title) => `${file} has no test "${title}"`);
}

describe.each(pages)('the tests that %s cites', (page) => {
  it('exist', () => {
    const citations = citationsIn(page);
    expect(citations.flatMap(({ titles }) => titles)).not.toEqual([]);
    expect(citations.flatMap(untrue)).toEqual([]);
  });
});

describe('a citation of a test that does not exist', () => {
  it('is found', () => {
    const file = 'tools/lint/cited-tests.spec.ts';
    expect(untrue({ file, titles: ['exist', 'does not exist'] })).toEqual([
      `${file} has no test "does not exist"`,
    ]);
    expect(untrue({ file: 'no-such.spec.ts', titles: [] })).toEqual(['no-such.spec.ts does not exist']);
  });
});
