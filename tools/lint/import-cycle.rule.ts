import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Rule } from 'eslint';
import ts from 'typescript';
import { onEachImport } from './each-import.ts';

/**
 * Refuses relative imports that lead back to the file that has them. Those of types only count as well, which `import-x/no-cycle`
 * leaves out: files that need each other's types are one thing, or need a third file below both.
 */
export const importCycle: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { cycle: 'A cycle of imports: {{files}}. Move what both need to a file of its own.' },
  },
  create(context) {
    const file = context.filename;
    const search = new ImportSearch();
    return onEachImport((specifier, node) => {
      if (!specifier.startsWith('.')) return;
      const way = search.way(path.resolve(path.dirname(file), specifier), file);
      if (way === undefined) return;
      const files = [file, ...way].map((each) => path.basename(each)).join(' -> ');
      context.report({ node, messageId: 'cycle', data: { files } });
    });
  },
};

interface Imports {
  readonly changedAtMs: number;
  readonly files: readonly string[];
}

/** What each file imports, as of its last change: an editor keeps this process for hours. */
const known = new Map<string, Imports>();

/** Follows imports through files that do not change meanwhile. */
class ImportSearch {
  readonly #imports = new Map<string, readonly string[]>();

  /** The files on a way from one file to another, both included. */
  way(from: string, to: string, seen = new Set<string>()): string[] | undefined {
    if (from === to) return [to];
    seen.add(from);
    for (const next of this.#importsOf(from)) {
      const rest = seen.has(next) ? undefined : this.way(next, to, seen);
      if (rest !== undefined) return [from, ...rest];
    }
    return undefined;
  }

  #importsOf(file: string): readonly string[] {
    const files = this.#imports.get(file) ?? importsOf(file);
    this.#imports.set(file, files);
    return files;
  }
}

/** Files that a file imports by a relative path; none of one that does not exist. */
function importsOf(file: string): readonly string[] {
  const changedAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (changedAtMs === undefined) return [];
  const last = known.get(file);
  if (last?.changedAtMs === changedAtMs) return last.files;
  const specifiers = ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.map((found) => found.fileName);
  const files = specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.resolve(path.dirname(file), specifier));
  known.set(file, { changedAtMs, files });
  return files;
}
