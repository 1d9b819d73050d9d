import pg from 'pg';

export type DatabaseErrorCode =
  | 'TRANSACTION_ENDED'
  | 'TRANSACTION_ABORTED'
  | 'UNREACHABLE'
  | 'NO_ANSWER'
  | 'READ_ONLY'
  | 'OVERLOADED'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_UNKNOWN'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_BLOCKED';

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
 * True when another transaction was in the way, a deadlock or a serialization failure: the same work may succeed if it
 * is done again at once. Neither says anything about the message that was being handled.
 */
export function isTransactionConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

/**
 * Connection failures (class 08), shutdown and start-up (57P01 to 57P03), no connection left (53300), read-only (25006),
 * and a login that is refused (class 28), which every piece of work meets alike.
 */
const UNAVAILABLE = /^(08...|28...|57P0[1-3]|53300|25006)$/;

/**
 * True when the database cannot be used at the moment, whatever is asked of it: it cannot be reached, gives no answer,
 * is starting or stopping, has no connection left, refuses the login, or is read-only.
 *
 * The error alone does not say whose database it speaks of: a statement may pass on what another server said (`08001` of a
 * foreign data wrapper). For what a handler threw, ask where it came from first, and `Database.state()` if in doubt.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError)
    return error.code === 'UNREACHABLE' || error.code === 'NO_ANSWER' || error.code === 'READ_ONLY';
  return UNAVAILABLE.test(sqlStateOf(error) ?? '');
}

/** True when the work itself used up a resource of the server: memory, locks, temporary files, disk (53000, 53100, 53200, 53400). */
export function isResourceExhausted(error: unknown): boolean {
  return /^53(000|100|200|400)$/.test(sqlStateOf(error) ?? '');
}

/** True when a limit of time cancelled a statement (57014), or a lock was not to be had within its own (55P03). */
export function isTimedOut(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '57014' || state === '55P03';
}

/** Sessions that a limit of time ended: idle in a transaction (25P03), idle (57P05), a transaction too long (25P04). */
const SESSION_TIMEOUT = /^(25P0[34]|57P05)$/;

/**
 * True when nothing is wrong with what was asked, and the caller may simply ask again: the database is unavailable,
 * overloaded or out of a resource, a limit of time was reached, or another transaction was in the way. Over HTTP this is
 * a 503 with `Retry-After`. Not promised: that nothing was done, if the connection was lost during COMMIT.
 */
export function isTemporary(error: unknown): boolean {
  if (error instanceof DatabaseError && error.code === 'OVERLOADED') return true;
  return (
    isDatabaseUnavailable(error) ||
    isTransactionConflict(error) ||
    isTimedOut(error) ||
    isResourceExhausted(error) ||
    SESSION_TIMEOUT.test(sqlStateOf(error) ?? '')
  );
}

/** True when the session in which the error came is over, or should be: nothing more may be done in it. */
export function endsSession(error: unknown): boolean {
  return isDatabaseUnavailable(error) || SESSION_TIMEOUT.test(sqlStateOf(error) ?? '');
}

/** A statement that had no answer in time. Its connection is given up, and the server may still be running it. */
export function unanswered(limitMs: number): DatabaseError {
  return new DatabaseError('NO_ANSWER', `The database gave no answer in ${String(limitMs)} ms.`, {
    remedy: 'Look for a statement that runs too long, and for a network that drops packets.',
  });
}

/** The connection has gone; what else was thrown may be a consequence of that. */
export function connectionLost(cause: unknown): DatabaseError {
  return new DatabaseError('UNREACHABLE', 'The connection to the database was lost.', {
    remedy: 'Check that PostgreSQL runs; the work can be tried again.',
    cause,
  });
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
