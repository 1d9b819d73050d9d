export { Database, type DatabaseOptions } from './database.ts';
export {
  DatabaseError,
  type DatabaseErrorCode,
  isDatabaseUnavailable,
  isTransactionConflict,
  isUniqueViolation,
  sqlStateOf,
} from './database-error.ts';
export { migrate, type MigrationSet } from './migrate.ts';
export type { SqlDatabase, SqlExecutor } from './sql-executor.ts';
export { Transaction } from './transaction.ts';
