import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { isSpec } from './boundaries.ts';
import { manifestIn, projects, root, sourceFiles } from './workspace.ts';

/** Test tools that the whole workspace shares are declared once, in the root package.json. */
const shared = Object.keys(manifestIn('.').devDependencies ?? {});

/** `@nestjs/common/enums/x` is of the package `@nestjs/common`. */
const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

function packagesImportedBy(file: string): string[] {
  const source = readFileSync(path.join(root, file), 'utf8');
  const imported = ts.preProcessFile(source).importedFiles.map(({ fileName }) => fileName);
  const resolved = [...source.matchAll(/\bresolve\('([^']+)'\)/g)].map(([, name = '']) => name);
  const specifiers = [...imported, ...resolved];
  const foreign = specifiers.filter((name) => !/^(\.|node:)/.test(name) && !builtinModules.includes(name));
  return foreign.map(packageOf);
}

const importedBy = (files: string[]) => [...new Set(files.flatMap(packagesImportedBy))].sort();

/** Whether a package is there because another one asks for it: `rxjs` for Nest, `class-transformer` for its validation. */
function isPeer(name: string, declared: string[]): boolean {
  return declared.some((other) => name in (manifestIn(`node_modules/${other}`).peerDependencies ?? {}));
}

describe.each(projects)('package.json of %s', (project) => {
  const { dependencies = {}, devDependencies = {} } = manifestIn(project);
  const isTestProject = ['tools', 'e2e', 'bench'].includes(project);
  const forTests = (file: string) => isSpec(file) || isTestProject;
  const files = sourceFiles(project);

  it('declares what its sources import', () => {
    const imported = importedBy(files.filter((file) => !forTests(file)));
    expect(imported.filter((name) => !(name in dependencies))).toEqual([]);
  });

  it('declares what its specs import', () => {
    const declared = [...Object.keys({ ...dependencies, ...devDependencies }), ...shared];
    expect(importedBy(files.filter(forTests)).filter((name) => !declared.includes(name))).toEqual([]);
  });

  it('declares nothing that nobody imports', () => {
    const declared = Object.keys({ ...dependencies, ...devDependencies });
    const imported = importedBy(files);
    const idle = declared.filter((name) => !imported.includes(name) && !isPeer(name, declared));
    expect(idle).toEqual([]);
  });
});

it('every package has one exact version in the whole workspace', () => {
  const versions = new Map<string, Set<string>>();
  for (const { dependencies, devDependencies } of ['.', ...projects].map(manifestIn))
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
  const loose = [...versions].filter(([, found]) => found.size > 1 || [...found].some((v) => !/^\d/.test(v)));
  expect(loose).toEqual([]);
});
