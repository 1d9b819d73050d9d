import type { Claim } from '../inbox/claim.ts';

/**
 * Carries what a handler threw past the library's own statements, so that it is never taken for one of theirs: a statement
 * of a handler may fail with any SQLSTATE, and what it calls may be another database.
 *
 * Of several messages in one transaction it does not say which one failed.
 */
export class HandlerFailed extends Error {
  readonly claim: Extract<Claim, { state: 'new' }> | undefined;

  constructor(cause: unknown, claim?: Extract<Claim, { state: 'new' }>) {
    super('A handler failed.', { cause });
    this.claim = claim;
  }
}

/** What a failure is judged by: the error of the handler, if it was one. */
export function thrownBy(error: unknown): unknown {
  return error instanceof HandlerFailed ? error.cause : error;
}
