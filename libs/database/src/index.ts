export { Database, type DatabaseOptions } from './database.ts';
export {
  DatabaseError,
  type DatabaseErrorCode,
  isDatabaseUnavailable,
  isTransactionConflict,
  isUniqueViolation,
  sqlStateOf,
} from './database-error.ts';
export { GroupCommit, type GroupWork, type ItemOutcome } from './group-commit.ts';
export { migrate, type MigrationSet } from './migrate.ts';
export { prepared } from './prepared.ts';
export type { SqlDatabase, SqlExecutor } from './sql-executor.ts';
export { Transaction } from './transaction.ts';
