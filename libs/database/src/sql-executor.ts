/**
 * Runs one SQL statement. The smallest thing that the library asks of a connection, so that the transaction of any
 * ORM can be passed in through a two-line adapter.
 */
export interface SqlExecutor {
  /**
   * @param text one statement with `$1`, `$2` … placeholders
   * @returns the rows; an empty array for statements that return none
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}
