// Runs the specs of files, below folders, or all.
//   node tools/jest.mjs [FILE...|FOLDER...] [jest options]
import { statSync } from 'node:fs';
import path from 'node:path';
import { jestArguments, leadingPaths } from './jest/jest-arguments.ts';
import { runJest } from './jest/run-jest.ts';

/** @param {string} name */
function kindOf(name) {
  const found = statSync(name, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'folder' : 'file';
}

runJest((args) => {
  const { paths, options } = leadingPaths(args);
  return jestArguments([...paths.map((name) => path.resolve(name)), ...options], kindOf);
});
