import type { QueryConfig } from 'pg';

const names = new Map<string, string>();

/**
 * Declares a statement that is run over and over: each connection parses it once, and PostgreSQL may keep its plan. For
 * constant texts only, because a connection never forgets one; and whose plan does not depend on how many rows a table
 * has, because a kept plan of a table that was small is used until the table is analysed again.
 *
 * @returns the text, for `query`
 */
export function prepared(text: string): string {
  if (!names.has(text)) names.set(text, `orderflow_${String(names.size + 1)}`);
  return text;
}

/** True when the text was declared by `prepared`. */
export function isPrepared(text: string): boolean {
  return names.has(text);
}

/** All that were declared, for a test that looks at their plans. */
export function preparedStatements(): string[] {
  return [...names.keys()];
}

/** As the driver wants it: named if it is to be parsed once. */
export function queryOf(text: string, values: readonly unknown[]): QueryConfig {
  const name = names.get(text);
  return name === undefined ? { text, values: [...values] } : { name, text, values: [...values] };
}
