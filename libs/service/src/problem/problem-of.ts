import { HttpException } from '@nestjs/common';
import { isTemporary, isTransactionConflict } from '@orderflow/database';
import { Problem } from './problem.exception.ts';

/** What Fastify refuses before a controller sees it, in words for the caller. */
const FASTIFY_DETAILS: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this route takes.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body must be JSON, sent with Content-Type: application/json.',
  FST_ERR_CTP_EMPTY_TYPE: 'The body must be JSON, sent with Content-Type: application/json.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Content-Length does not agree with the size of the body.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty but is said to be JSON.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_BAD_URL: 'The path is not a valid URL path.',
  FST_ERR_INVALID_URL: 'The path is not a valid URL path.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long.',
};

/** The problem that an error amounts to; whatever is not known to be the caller's is a 500 that says nothing. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const refusal = httpRefusal(error);
  if (refusal !== undefined) return refusal;
  const passing = passingTrouble(error);
  if (passing !== undefined) return new Problem({ status: 503, detail: passing, cause: error });
  return new Problem({
    status: 500,
    detail: 'The service failed. Its log has the cause under this id.',
    cause: error,
  });
}

/** Why the caller should simply come again; undefined for other errors. */
function passingTrouble(error: unknown): string | undefined {
  if (isTransactionConflict(error)) return 'Other requests were in the way of this one. Try again.';
  return isTemporary(error) ? 'The service cannot use its database. Try again later.' : undefined;
}

function httpRefusal(error: unknown): Problem | undefined {
  const origin = error instanceof HttpException && error.cause instanceof Error ? error.cause : error;
  const code = origin instanceof Error && 'code' in origin ? String(origin.code) : '';
  const status = statusOf(error) ?? statusOf(origin);
  if (status === undefined || status < 400 || status > 599) return undefined;
  if (status >= 500 && !(error instanceof HttpException)) return undefined;
  return new Problem({
    status,
    detail: FASTIFY_DETAILS[code] ?? detailOf(error, origin, status),
    cause: error,
  });
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function detailOf(error: unknown, origin: unknown, status: number): string {
  // A JSON parser's message quotes the body; it is the caller's own, but no place for it.
  if (origin instanceof SyntaxError && status === 400) return 'The body is not valid JSON.';
  return error instanceof Error ? error.message : 'The request was refused.';
}
