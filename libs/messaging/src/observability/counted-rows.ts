/**
 * A figure of the service counts so many rows at most, and then stands for as many or more: to count millions, again and
 * again in each instance, costs more than the number is worth.
 */
export const COUNTED_ROWS = 10_000;

/**
 * The first rows in the order of an index, as a subquery. The planner must not know the limit: without statistics, as in the
 * minute after a backlog has come to be, it takes a known one for all rows, reads all of the index, and sorts.
 */
export function firstRows(rows: { columns?: string; from: string; order: string }): string {
  const { columns = '', from, order } = rows;
  return `(SELECT ${columns} FROM ${from} ORDER BY ${order} LIMIT (SELECT ${String(COUNTED_ROWS)}))`;
}
