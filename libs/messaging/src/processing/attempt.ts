import type { AttemptRecord, Claim } from '../inbox/claim.ts';

type NewClaim = Extract<Claim, { state: 'new' }>;

/** Older entries of a message's history are dropped beyond this. */
const MAX_HISTORY = 20;

/** Stands in the history while an attempt runs that was recorded before it began. */
export const IN_FLIGHT = 'The process ended during this attempt.';

/** The number of the attempt that runs or has just failed, counted from 1. */
export function attemptNumber(claim: NewClaim): number {
  return isBegun(claim) ? claim.attempts : claim.attempts + 1;
}

/** The history with the attempt that has just failed. */
export function finishedHistory(claim: NewClaim, reason: string): AttemptRecord[] {
  const earlier = isBegun(claim) ? claim.history.slice(0, -1) : claim.history;
  return append(earlier, reason);
}

/** The history of an attempt that is recorded before it begins: should it end the process, this is what is left of it. */
export function begunHistory(claim: NewClaim): AttemptRecord[] {
  return append(claim.history, IN_FLIGHT);
}

/** It ran alone when a process ended, or runs so now. */
export function isBegun(claim: NewClaim): boolean {
  return claim.history.at(-1)?.error === IN_FLIGHT;
}

/** The history without the attempt that was recorded before it began and came to nothing. */
export function withdrawnHistory(claim: NewClaim): AttemptRecord[] {
  return claim.history.slice(0, -1);
}

function append(history: readonly AttemptRecord[], error: string): AttemptRecord[] {
  return [...history, { at: new Date().toISOString(), error }].slice(-MAX_HISTORY);
}
