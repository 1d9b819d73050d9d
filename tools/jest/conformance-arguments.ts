import path from 'node:path';
import { JestUsageError, leadingPaths } from './jest-arguments.ts';

/** One after the other: they need the whole machine. */
const SERIAL = ['--runInBand', '--verbose'];
const SUFFIX = '.conformance.spec.ts';

/**
 * The options of Jest for `[NAME...] [jest options]`: the conformance specs whose path has one of the names in it, or
 * all of them.
 *
 * @param specs paths relative to the workspace
 * @throws JestUsageError when a name is in no path
 */
export function conformanceArguments(args: readonly string[], specs: readonly string[]): string[] {
  const { paths: names, options } = leadingPaths(args);
  for (const name of names) if (!specs.some((spec) => spec.includes(name))) refuse(name, specs);
  const chosen = specs.filter((spec) => names.length === 0 || names.some((name) => spec.includes(name)));
  return ['--runTestsByPath', ...chosen, ...SERIAL, ...options];
}

function refuse(name: string, specs: readonly string[]): never {
  const known = specs.map((spec) => path.basename(spec, SUFFIX)).sort();
  throw new JestUsageError(`No conformance spec has "${name}" in its path. Use one of: ${known.join(', ')}.`);
}
