import path from 'node:path';
import type { Rule } from 'eslint';
import { isSpec, projectOf } from './boundaries.ts';
import { onEachImport } from './each-import.ts';
import { layers } from './layers.ts';
import { workspacePath } from './workspace-path.ts';

/** Refuses every import inside a library that does not lead downwards in `layers.ts`, those of types only included. */
export const layer: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      unknownFolder: "'{{folder}}' is not in tools/lint/layers.ts. Add it there, at its place.",
      upwards:
        "'{{folder}}' must not import '{{target}}', which is above it in tools/lint/layers.ts. Pass it in, or move what both need down.",
      door: "'{{specifier}}' is a door for others. Import the file that defines the symbol.",
    },
  },
  create(context) {
    const file = workspacePath(context);
    const source = `${projectOf(file) ?? ''}/src`;
    const order = layers[path.posix.dirname(source)];
    const folder = folderIn(source, file);
    if (order === undefined || folder === undefined || isSpec(file)) return {};
    const place = order.indexOf(folder);
    if (place === -1)
      return { Program: (node) => context.report({ node, messageId: 'unknownFolder', data: { folder } }) };
    return onEachImport((specifier, node) => {
      const imported = path.posix.join(path.posix.dirname(file), specifier);
      if (!specifier.startsWith('.') || !imported.startsWith(`${source}/`)) return;
      const target = folderIn(source, imported);
      if (target === undefined) context.report({ node, messageId: 'door', data: { specifier } });
      else if (order.indexOf(target) < place)
        context.report({ node, messageId: 'upwards', data: { folder, target } });
    });
  },
};

/** Undefined for what is not below `source`, or directly in it. */
function folderIn(source: string, file: string): string | undefined {
  const [folder, ...inside] = file.startsWith(`${source}/`) ? file.slice(source.length + 1).split('/') : [];
  return inside.length === 0 ? undefined : folder;
}
