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

/** The SQLSTATE of a driver error, or undefined. See PostgreSQL's appendix A. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!Error.isError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** True for SQLSTATE 23505, of the named constraint when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlStateOf(error) !== '23505') return false;
  return (
    constraint === undefined ||
    (Error.isError(error) && 'constraint' in error && error.constraint === constraint)
  );
}

/**
 * True when the same work may succeed if it is simply done again: a deadlock or a serialization failure.
 * Neither says anything about the message that was being handled.
 */
export function isTransactionConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN']);
const LOST_MESSAGES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed',
];

/**
 * True when the database could not be reached or went away in the middle: connection errors of the network, SQLSTATE
 * class 08, shutdown and start-up (57P01 to 57P03), out of connections or disk (class 53).
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return /^(08...|57P0[1-3]|53...)$/.test(state);
  if (!Error.isError(error)) return false;
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code)) return true;
  return LOST_MESSAGES.some((text) => error.message.includes(text));
}
