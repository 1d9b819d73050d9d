import type { Rule } from 'eslint';

type Expression = Parameters<NonNullable<Rule.RuleListener['ImportExpression']>>[0]['source'];
type Literal = Extract<Expression, { type: 'Literal' }>;

/** Calls back with the specifier of each import: static, re-export, dynamic, or a type's `import('x')`. */
export function onEachImport(report: (specifier: string, node: Literal) => void): Rule.RuleListener {
  const visit = (node: Expression | null | undefined): void => {
    if (node?.type === 'Literal' && typeof node.value === 'string') report(node.value, node);
  };
  return {
    ImportDeclaration: (node) => visit(node.source),
    ExportNamedDeclaration: (node) => visit(node.source),
    ExportAllDeclaration: (node) => visit(node.source),
    ImportExpression: (node) => visit(node.source),
    TSImportType: (node: { source: Expression }) => visit(node.source),
  };
}
