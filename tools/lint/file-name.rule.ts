import type { Rule } from 'eslint';
import { workspacePath } from './workspace-path.ts';

/** `order.store.ts`, `reserve-stock.handler.spec.ts`, `dead-letter`. */
const kebabCase = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/;

/** Words that say nothing about what a file does, so that everything ends up in it. */
const emptyWords = new Set(['base', 'common', 'helper', 'helpers', 'manager', 'misc', 'util', 'utils']);

const door = /^libs\/[^/]+\/src\/index\.ts$/;

/** Files and folders are kebab-case, say what they hold, and a library has one `index.ts`. */
export const fileName: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      notKebabCase: "'{{name}}' is not kebab-case.",
      emptyWord: "'{{name}}' says nothing. Name the role: reserve-stock.handler.ts, order.store.ts.",
      innerIndex:
        'Only libs/*/src/index.ts may be an index file. Import from the file that defines the symbol.',
    },
  },
  create(context) {
    const file = workspacePath(context);
    return {
      Program(node) {
        for (const name of file.split('/')) {
          if (!kebabCase.test(name)) context.report({ node, messageId: 'notKebabCase', data: { name } });
          if (name.split(/[-.]/).some((word) => emptyWords.has(word)))
            context.report({ node, messageId: 'emptyWord', data: { name } });
        }
        if (file.endsWith('/index.ts') && !door.test(file)) context.report({ node, messageId: 'innerIndex' });
      },
    };
  },
};
