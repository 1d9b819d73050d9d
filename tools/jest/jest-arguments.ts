/** The kind of thing that a path names; undefined when it does not exist. */
export type KindOf = (path: string) => 'file' | 'folder' | undefined;

/** A command line that names something that does not exist. */
export class JestUsageError extends Error {
  override readonly name = 'JestUsageError';
}

/**
 * The options of Jest for `[FILE...|FOLDER...] [jest options]`: the specs of these files, below these folders, or all.
 * A folder may hold no specs; anything else that runs no test fails.
 *
 * @throws JestUsageError when a path does not exist, or when files and folders are mixed
 */
export function jestArguments(args: readonly string[], kindOf: KindOf): string[] {
  const { paths, options } = leadingPaths(args);
  const kinds = new Set(paths.map((path) => kindOf(path) ?? refuse(`${path} does not exist`)));
  if (kinds.size > 1) refuse('files and folders cannot be mixed');
  if (kinds.has('file')) return ['--runTestsByPath', ...paths, ...options];
  if (kinds.has('folder'))
    return [...paths.flatMap((path) => ['--roots', path]), '--passWithNoTests', ...options];
  return options;
}

/** Everything before the first option. */
export function leadingPaths(args: readonly string[]): { paths: string[]; options: string[] } {
  const first = args.findIndex((arg) => arg.startsWith('-'));
  const end = first === -1 ? args.length : first;
  return { paths: args.slice(0, end), options: args.slice(end) };
}

function refuse(problem: string): never {
  const remedy = 'Name spec files or folders, or use --testPathPatterns for a part of a path.';
  throw new JestUsageError(`${problem}. ${remedy}`);
}
