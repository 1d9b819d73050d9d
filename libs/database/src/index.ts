export { bisect, type Bisection, type Failed } from './bisect.ts';
export { Database } from './database.ts';
export {
  DatabaseError,
  type DatabaseErrorCode,
  isDatabaseUnavailable,
  isResourceExhausted,
  isTemporary,
  isTimedOut,
  isTransactionConflict,
  isUniqueViolation,
  sqlStateOf,
} from './database-error.ts';
export type { DatabaseOptions } from './database-options.ts';
export { GroupCommit, type GroupWork, type ItemOutcome } from './group-commit.ts';
export { migrate, type MigrateOptions, type MigrationSet } from './migrate.ts';
export { prepared, preparedStatements } from './prepared.ts';
export { type Rename, renameSchema } from './rename-schema.ts';
export { retryConflicts } from './retry-conflicts.ts';
export { SchemaDatabase } from './schema-database.ts';
export type { DatabaseState } from './session.ts';
export type { ProbedDatabase, SqlDatabase, TransactionOptions } from './sql-database.ts';
export type { SqlExecutor } from './sql-executor.ts';
export { Transaction } from './transaction.ts';
export type { LineLimits } from './waiting-line.ts';
