import { inspect } from 'node:util';
import type { AttemptRecord, Claim } from '../inbox/claim.ts';
import type { Lease } from '../ownership/fence.ts';
import { storable } from '../message/storable-text.ts';
import { attemptNumber, finishedHistory } from './attempt.ts';
import { judge } from '../routing/failure-rule.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy } from '../routing/retry-policy.ts';
import type { Route } from '../routing/router.ts';

export interface Failure {
  held: ReceivedMessage;
  /** The right to settle it; none for shared handling. */
  leases: readonly Lease[];
  error: unknown;
  claim: Extract<Claim, { state: 'new' }>;
  /** Undefined when no handler knows the message. */
  route: Route | undefined;
}

/** What becomes of a failed attempt. */
export interface Decision {
  /** Failed so far, this one included. */
  attempts: number;
  /** Until the next one, if there is one. */
  delayMs: number;
  history: readonly AttemptRecord[];
  dead: boolean;
  /** Whether a dead letter holds up what comes later for its key. */
  blocks: boolean;
  reason: string;
}

/** By the rules of the subscription, and by how often the message has failed. */
export function decide({ error, claim, route }: Failure): Decision {
  const verdict = judge(error, route);
  const policy: RetryPolicy = verdict.do === 'retry' ? verdict.policy : (route?.retry ?? DEFAULT_RETRY);
  const onFailure = route?.onFailure ?? 'park';
  const attempts = attemptNumber(claim);
  const reason = reasonOf(error);
  const exhausted = verdict.do === 'final' || attempts >= policy.maxAttempts;
  const afterMs = verdict.do === 'retry' ? verdict.afterMs : undefined;
  return {
    dead: exhausted && onFailure !== 'block',
    blocks: onFailure === 'park',
    reason,
    attempts,
    history: finishedHistory(claim, reason),
    delayMs: afterMs ?? retryDelayMs(policy, attempts, Math.random()),
  };
}

/** Whatever was thrown: asking it what it is must not fail. */
export function reasonOf(error: unknown): string {
  try {
    if (!Error.isError(error))
      return storable(
        `Thrown value that is no Error: ${inspect(error, { depth: 2, breakLength: Infinity })}`,
      );
    return storable(error.message === '' ? error.name : error.message);
  } catch {
    // Its own properties throw; there is nothing to be told of it.
    return 'A value was thrown that cannot be read.';
  }
}
