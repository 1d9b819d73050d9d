import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { isSpec } from './boundaries.ts';
import { configFor } from './lint-config.ts';
import { projects, root, sourceFiles } from './workspace.ts';

/** A rule that is on and reads nothing protects nothing: these tests see that the rules reach the real files. */
const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: configFor(root) });

const everywhere = [
  'orderflow/boundary',
  'orderflow/file-name',
  'orderflow/import-cycle',
  'orderflow/layer',
  'no-restricted-syntax',
  'max-lines',
];
const inTypeScript = [
  'orderflow/injected-class',
  '@typescript-eslint/consistent-type-imports',
  '@typescript-eslint/no-explicit-any',
  '@typescript-eslint/no-floating-promises',
  '@typescript-eslint/no-non-null-assertion',
  '@typescript-eslint/switch-exhaustiveness-check',
];

interface Config {
  readonly rules?: Readonly<Record<string, readonly [number]>>;
}

async function missingRules(file: string): Promise<string[]> {
  if (await eslint.isPathIgnored(file)) return ['ignored'];
  const { rules = {} } = (await eslint.calculateConfigForFile(file)) as Config;
  const expected = file.endsWith('.ts') ? [...everywhere, ...inTypeScript] : everywhere;
  return expected.filter((rule) => rules[rule]?.[0] !== 2);
}

describe('the lint rules', () => {
  it.each(projects)('are in force in every file of %s', async (project) => {
    const files = sourceFiles(project);
    expect(files).not.toEqual([]);
    const gaps = await Promise.all(files.map(async (file) => [file, await missingRules(file)] as const));
    expect(gaps.filter(([, rules]) => rules.length > 0)).toEqual([]);
  });

  const all = projects.flatMap(sourceFiles).filter((file) => file.endsWith('.ts'));
  it.each([
    ['a source', all.find((file) => !isSpec(file)) ?? ''],
    ['a spec', all.find((file) => /^(apps|libs)\/.*\.spec\.ts$/.test(file)) ?? ''],
  ])('know the types in %s', async (_, file) => {
    const source = 'const late = Promise.resolve(1);\nlate;\nexport const name = 1;\n';
    const [result] = await eslint.lintText(source, { filePath: path.join(root, file) });
    const rules = result?.messages.map(({ ruleId, message }) => ruleId ?? message);
    expect(rules).toContain('@typescript-eslint/no-floating-promises');
  });

  it('are switched off only by name and with a reason', () => {
    const reasoned = /eslint-disable(-next-line|-line)?\s+[@a-z][^\n]*?\s--\s+\S/;
    const unreasoned = projects.flatMap(sourceFiles).flatMap((file) => {
      const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
      return lines.flatMap((line, index) =>
        /(\/\/|\/\*)\s*eslint-disable/.test(line) && !reasoned.test(line) ? [`${file}:${index + 1}`] : [],
      );
    });
    expect(unreasoned).toEqual([]);
  });
});
