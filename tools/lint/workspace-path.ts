import path from 'node:path';
import type { Rule } from 'eslint';

/** The linted file's path relative to the workspace root, with `/` on every system. */
export function workspacePath(context: Rule.RuleContext): string {
  const { workspaceRoot } = context.settings;
  if (typeof workspaceRoot !== 'string') throw new Error('eslint.config.mjs must set settings.workspaceRoot');
  return path.relative(workspaceRoot, context.filename).split(path.sep).join('/');
}
