import type { Rule } from 'eslint';

/**
 * An error may be dropped only where a comment says why: in `catch {}`, in `.catch(() => {})` and in `.catch(() => undefined)`.
 * Dropped without a word it is a silent failure, which nobody finds.
 */
export const swallowedError: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      swallowed: 'This drops an error. Handle it, let it through, or say in a comment why it may go.',
    },
  },
  create(context) {
    const check = (node: Rule.Node): void => {
      if (!isExplained(context.sourceCode, node)) context.report({ node, messageId: 'swallowed' });
    };
    const callback = 'CallExpression[callee.property.name="catch"] > ArrowFunctionExpression';
    return {
      'CatchClause[body.body.length=0]': check,
      [`${callback}[body.type="BlockStatement"][body.body.length=0]`]: check,
      [`${callback} > Identifier.body[name="undefined"]`]: check,
    };
  },
};

/** Whether a comment stands inside the node, at the end of its line, or right above its statement. */
function isExplained(sourceCode: Rule.RuleContext['sourceCode'], node: Rule.Node): boolean {
  const first = statementOf(node).loc?.start.line ?? 0;
  const last = node.loc?.end.line ?? 0;
  return sourceCode
    .getAllComments()
    .some(
      ({ loc }) => loc && (loc.end.line === first - 1 || (loc.start.line >= first && loc.end.line <= last)),
    );
}

function statementOf(node: Rule.Node): Rule.Node {
  const isStatement = /Statement|Declaration|CatchClause/.test(node.type);
  return isStatement || node.parent === null ? node : statementOf(node.parent);
}
