import pg from 'pg';

export type DatabaseErrorCode =
  | 'TRANSACTION_ENDED'
  | 'TRANSACTION_ABORTED'
  | 'UNREACHABLE'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_UNKNOWN'
  | 'MIGRATION_FAILED';

/** Every error of this library's own. The driver's errors (SQLSTATE in `code`) pass through unchanged. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** What the reader can do about it. */
  readonly remedy: string;

  constructor(code: DatabaseErrorCode, message: string, options: { remedy: string; cause?: unknown }) {
    super(`${message} ${options.remedy}`, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
  }
}

/** The SQLSTATE of an error that the server reported, or undefined. See PostgreSQL's appendix A. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** True for SQLSTATE 23505, of the named constraint when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23505') return false;
  return constraint === undefined || error.constraint === constraint;
}

/**
 * True when the same work may succeed if it is simply done again: a deadlock or a serialization failure.
 * Neither says anything about the message that was being handled.
 */
export function isTransactionConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

/**
 * True when the database could not be reached or went away in the middle: `UNREACHABLE`, SQLSTATE class 08, shutdown and
 * start-up (57P01 to 57P03), out of connections or disk (class 53). Never for what another server did, however alike.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === 'UNREACHABLE';
  return /^(08...|57P0[1-3]|53...)$/.test(sqlStateOf(error) ?? '');
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ECONNABORTED',
  'EAI_AGAIN',
]);
const LOST_MESSAGES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'Cannot use a pool after calling end',
];

/** For errors of the driver: those of the connection become `UNREACHABLE`, what the server reported stays as it is. */
export function fromDriver(error: unknown): unknown {
  if (!Error.isError(error) || error instanceof pg.DatabaseError || error instanceof DatabaseError)
    return error;
  const network = 'code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code);
  if (!network && !LOST_MESSAGES.some((text) => error.message.includes(text))) return error;
  return new DatabaseError('UNREACHABLE', 'The database does not answer.', {
    remedy: 'Check that PostgreSQL runs and that its address is right; the work can be tried again.',
    cause: error,
  });
}
