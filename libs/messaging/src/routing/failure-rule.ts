import {
  MessagingError,
  type MessagingErrorCode,
  PoisonMessage,
  RetryAfter,
} from '../errors/messaging-error.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.ts';

/** A class of errors, subclasses included. */
export type ErrorClass<E extends Error = Error> = abstract new (...args: never[]) => E;

/**
 * What becomes of a message whose handler threw:
 *
 * - `retry`: the attempt counts, and the message is tried again: after `afterMs`, or by a curve of its own.
 * - `defer`: what the handler calls is down or refuses us, whatever the message. No attempt is used up, and the handlers of the same
 *   `dependency` pause until a probe gets through. For external handlers that name one.
 * - `final`: no retry can help. The message is a dead letter at once.
 */
export type FailureReaction<E> =
  | {
      do: 'retry';
      /** Wait this long, in ms, at most a day; a function may read it from the error. Default: the curve. */
      afterMs?: number | ((error: E) => number | undefined);
      /** In place of the subscription's `retry`; what is left out is taken from there. */
      retry?: Partial<RetryPolicy>;
    }
  | { do: 'defer' }
  | { do: 'final' };

/** Made by `onError`. */
export interface FailureRule {
  readonly action: 'retry' | 'defer' | 'final';
  /** In place of the subscription's, if the rule has its own. */
  readonly maxAttempts: number | undefined;
  /** Undefined when the error is none of this rule's. */
  readonly verdict: (error: unknown, policy: RetryPolicy) => Verdict | undefined;
}

/** What is to be done about a failed attempt. */
export type Verdict =
  | { do: 'final' | 'defer' }
  | {
      do: 'retry';
      policy: RetryPolicy;
      /** In ms. Undefined: by the policy's curve. */
      afterMs: number | undefined;
    };

interface RuledRoute {
  readonly retry: RetryPolicy;
  readonly failures?: readonly FailureRule[];
}

const MAX_WAIT_MS = 86_400_000;

/** Mistakes in what a handler does itself: it would make them again. */
const FINAL: ReadonlySet<MessagingErrorCode> = new Set([
  'CONTRACT_INVALID',
  'CONTRACT_MISSING',
  'CONTRACT_VIOLATION',
  'KEY_INVALID',
  'PUBLISH_REJECTED',
  'TRANSACTION_MISUSED',
]);

/**
 * A rule for `failures` of a subscription: `onError(RateLimited, { do: 'retry', afterMs: (error) => error.retryAfterMs })`.
 *
 * @param when an error class, or a predicate
 * @throws MessagingError `HANDLER_INVALID` at import when there is no such class, or a value makes no sense
 */
export function onError(when: (error: unknown) => boolean, reaction: FailureReaction<unknown>): FailureRule;
export function onError<E extends Error>(when: ErrorClass<E>, reaction: FailureReaction<E>): FailureRule;
export function onError<E extends Error>(
  when: ErrorClass<E> | ((error: unknown) => boolean),
  reaction: FailureReaction<E>,
): FailureRule {
  if (typeof when !== 'function') {
    throw invalid(
      'onError() was given neither a class nor a function',
      'Check the import: in a circle of imports a class is still undefined.',
    );
  }
  assertReaction(reaction);
  const matches = isErrorClass(when)
    ? (error: unknown): error is E => error instanceof when
    : (error: unknown): error is E => when(error);
  return {
    action: reaction.do,
    maxAttempts: reaction.do === 'retry' ? reaction.retry?.maxAttempts : undefined,
    verdict: (error, policy) => (matches(error) ? verdictOf(reaction, error, policy) : undefined),
  };
}

/** Refuses rules that do not fit the handler. */
export function assertRules(subscription: {
  failures: readonly FailureRule[];
  kind: string;
  dependency: string | undefined;
  handler: string;
}): void {
  const { failures, kind, dependency, handler } = subscription;
  if (failures.every(({ action }) => action !== 'defer')) return;
  if (kind !== 'external') {
    throw invalid(
      `${handler} is ${kind} and defers failures`,
      "Only a handler of kind 'external' may call what can be down.",
    );
  }
  if (dependency === undefined) {
    throw invalid(
      `${handler} defers failures and names no dependency`,
      'Add dependency: the handlers that name the same one pause together while it is down.',
    );
  }
}

/** What the subscription, or the error itself, says about a failed attempt. The first rule that matches decides. */
export function judge(error: unknown, route: RuledRoute | undefined): Verdict {
  const policy = route?.retry ?? DEFAULT_RETRY;
  if (error instanceof PoisonMessage) return { do: 'final' };
  if (error instanceof RetryAfter) return { do: 'retry', policy, afterMs: waitOf(error.afterMs) };
  for (const rule of route?.failures ?? []) {
    const verdict = quietly(() => rule.verdict(error, policy));
    if (verdict !== undefined) return verdict;
  }
  if (error instanceof MessagingError && FINAL.has(error.code)) return { do: 'final' };
  return { do: 'retry', policy, afterMs: undefined };
}

/** As many attempts as any rule of the subscription allows. */
export function mostAttempts(route: RuledRoute | undefined): number {
  const ofRules = (route?.failures ?? []).map(({ maxAttempts }) => maxAttempts ?? 0);
  return Math.max((route?.retry ?? DEFAULT_RETRY).maxAttempts, ...ofRules);
}

function verdictOf<E>(reaction: FailureReaction<E>, error: E, policy: RetryPolicy): Verdict {
  if (reaction.do !== 'retry') return { do: reaction.do };
  const { afterMs } = reaction;
  const wanted = typeof afterMs === 'function' ? quietly(() => afterMs(error)) : afterMs;
  return { do: 'retry', policy: { ...policy, ...reaction.retry }, afterMs: waitOf(wanted) };
}

/** Undefined, so that the curve decides, for what is no time to wait. */
function waitOf(wantedMs: number | undefined): number | undefined {
  if (typeof wantedMs !== 'number' || Number.isNaN(wantedMs)) return undefined;
  return Math.min(Math.max(wantedMs, 0), MAX_WAIT_MS);
}

/** A rule that fails itself must not keep the failure from being settled. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    // It does not match, or gives no time: the next rule or the curve decides.
    return undefined;
  }
}

function isErrorClass<E extends Error>(
  when: ErrorClass<E> | ((error: unknown) => boolean),
): when is ErrorClass<E> {
  const made: unknown = when.prototype;
  return made === Error.prototype || made instanceof Error;
}

function assertReaction<E>(reaction: FailureReaction<E>): void {
  const action: string = reaction.do;
  if (!['retry', 'defer', 'final'].includes(action))
    throw invalid(`onError() cannot "${action}"`, 'Use retry, defer or final.');
  if (reaction.do !== 'retry') return;
  const { afterMs, retry = {} } = reaction;
  const waits = { afterMs, firstDelayMs: retry.firstDelayMs, maxDelayMs: retry.maxDelayMs };
  for (const [name, value] of Object.entries(waits)) {
    if (value === undefined || typeof value === 'function') continue;
    if (!(value >= 0 && value <= MAX_WAIT_MS))
      throw invalid(`${name} is ${String(value)}`, `Give milliseconds from 0 to ${String(MAX_WAIT_MS)}.`);
  }
  const { maxAttempts } = retry;
  if (maxAttempts !== undefined && !(Number.isSafeInteger(maxAttempts) && maxAttempts >= 1))
    throw invalid(`maxAttempts is ${String(maxAttempts)}`, 'Give a whole number from 1.');
}

function invalid(message: string, remedy: string): MessagingError {
  return new MessagingError('HANDLER_INVALID', `${message}.`, { remedy });
}
