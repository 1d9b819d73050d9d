import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ESLint, type Linter } from 'eslint';
import { configFor } from './lint-config.ts';
import { orderflow } from './plugin.ts';
import { restrictedSyntax } from './restricted-syntax.ts';

/**
 * Rules that bite: `fixtures/` is a small workspace in which each line that a rule must refuse says so at its end,
 * `// refused: RULE, RULE` (or `// refused 2 below: RULE` where a comment at the end would matter). What is reported must be exactly
 * that: a line without a mark is the correct counterpart.
 */
const fixtures = path.join(import.meta.dirname, 'fixtures');

let eslint: ESLint;
let results: ESLint.LintResult[];

beforeAll(async () => {
  eslint = new ESLint({ cwd: fixtures, overrideConfigFile: true, overrideConfig: configFor(fixtures) });
  results = await eslint.lintFiles(['.']);
});

/** `LINE RULE` for each mark. */
function marksIn(source: string): string[] {
  return source.split('\n').flatMap((line, index) => {
    const [, below = '0', rules = ''] = /\/\/ refused(?: (\d) below)?: (.+)$/.exec(line) ?? [];
    return rules === '' ? [] : rules.split(', ').map((rule) => `${index + 1 + Number(below)} ${rule}`);
  });
}

const reportsOf = (messages: Linter.LintMessage[]) =>
  messages.map(({ line, ruleId, message }) => `${line} ${ruleId ?? message}`);

const allMessages = () => results.flatMap(({ messages }) => messages);

describe('the lint fixtures', () => {
  it('are refused exactly where they say so', () => {
    const reported: Record<string, string[]> = {};
    const marked: Record<string, string[]> = {};
    for (const { filePath, messages } of results) {
      const file = path.relative(fixtures, filePath);
      reported[file] = [...new Set(reportsOf(messages))].sort();
      marked[file] = marksIn(readFileSync(filePath, 'utf8')).sort();
    }
    expect(reported).toEqual(marked);
  });

  it.each([
    ['max-lines', 300, exportsOfLines],
    ['max-lines-per-function', 50, functionOfLines],
  ])('refuse by %s more than %i lines', async (rule, most, sourceOf) => {
    const filePath = path.join(fixtures, 'apps/order/src/store/order.store.ts');
    const [longest] = await eslint.lintText(sourceOf(most), { filePath });
    expect(longest?.messages).toEqual([]);
    const [tooLong] = await eslint.lintText(sourceOf(most + 1), { filePath });
    expect(tooLong?.messages.map(({ ruleId }) => ruleId)).toEqual([rule]);
  });

  it('cover every rule of the house', () => {
    const lengths = ['max-lines', 'max-lines-per-function'];
    const covered = new Set([...allMessages().map(({ ruleId }) => ruleId), ...lengths]);
    const house = configFor(fixtures).filter(({ name = '' }) => name.startsWith('house/'));
    const rules = house.flatMap((part) => Object.entries(part.rules ?? {}));
    const inForce = rules.filter(([, level]) => level !== 'off').map(([rule]) => rule);
    expect(inForce.filter((rule) => !covered.has(rule))).toEqual([]);
    expect(inForce.length).toBeGreaterThan(20);
  });

  it('cover every message of our own rules', () => {
    const seen = new Set(allMessages().map(({ ruleId, messageId }) => `${ruleId} ${messageId}`));
    const ours = Object.entries(orderflow.rules ?? {}).flatMap(([rule, { meta }]) =>
      Object.keys(meta?.messages ?? {}).map((messageId) => `orderflow/${rule} ${messageId}`),
    );
    expect(ours.filter((message) => !seen.has(message))).toEqual([]);
    const syntax = new Set(allMessages().map(({ message }) => message));
    expect(restrictedSyntax.inSpecs.filter(({ message }) => !syntax.has(message))).toEqual([]);
  });
});

function exportsOfLines(count: number): string {
  return Array.from({ length: count }, (_, index) => `export const a${index} = ${index};\n`).join('');
}

function functionOfLines(count: number): string {
  const body = '  n += 1;\n'.repeat(count - 4);
  return `export function long(): number {\n  let n = 0;\n${body}  return n;\n}\n`;
}
