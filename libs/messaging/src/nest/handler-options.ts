import { INTAKE_LIMITS } from '../intake/intake-limits.ts';
import type { Route } from '../routing/router.ts';
import { MessagingError } from '../errors/messaging-error.ts';

/** `setTimeout` fires at once beyond it. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** Part of the name of a durable consumer, beside the service's. */
const GROUP = /^[A-Za-z0-9_-]{1,64}$/;
/** Names of the library's own in the inbox. */
const RESERVED = ['ordered', 'unrouted'];
const POLICIES = ['park', 'skip', 'block'];
const KINDS = ['transactional', 'batch', 'external'];
/** An instance holds twice as many: two of them share what a queue group may have under way. */
const MAX_CONCURRENCY = INTAKE_LIMITS.groupMessages / 4;
const OPTIONS = new Set(['kind', 'retry', 'failures', 'timeoutMs', 'onFailure', 'dependency', 'group']);
/** Those of a queue group only. */
const GROUP_OPTIONS = new Set(['concurrency']);
const RETRY_OPTIONS = new Set(['maxAttempts', 'firstDelayMs', 'maxDelayMs']);

type Checked = Pick<
  Route,
  'handler' | 'group' | 'retry' | 'timeoutMs' | 'concurrency' | 'onFailure' | 'dependency'
> & {
  readonly kind: string;
};

/** Options that are not known: a typing mistake would have no effect, silently. */
export function unknownOptions(options: {
  readonly group: string | undefined;
  readonly retry?: object | undefined;
}): string[] {
  const isKnown = (name: string): boolean =>
    OPTIONS.has(name) || (options.group !== undefined && GROUP_OPTIONS.has(name));
  const unknown = Object.keys(options).filter((name) => !isKnown(name));
  const unknownRetry = Object.keys(options.retry ?? {}).filter((name) => !RETRY_OPTIONS.has(name));
  return [...unknown, ...unknownRetry.map((name) => `retry.${name}`)];
}

/**
 * Checks what handlers ask for, all of it at once.
 *
 * @param unknown by handler: options that are not known
 * @throws MessagingError `HANDLER_INVALID`
 */
export function assertHandlerOptions(
  service: string,
  handlers: readonly Checked[],
  unknown: ReadonlyMap<string, readonly string[]>,
): void {
  const problems = handlers.flatMap((handler) =>
    [
      ...problemsOf(handler),
      ...groupProblems(service, handler.group),
      ...(unknown.get(handler.handler) ?? []).map((name) => `${name} is no option`),
    ].map((problem) => `${handler.handler}: ${problem}`),
  );
  if (problems.length === 0) return;
  throw new MessagingError('HANDLER_INVALID', `Handlers have wrong options:\n${problems.join('\n')}\n`, {
    remedy: 'Correct the options of these decorators.',
  });
}

function problemsOf({ kind, retry, timeoutMs, concurrency, onFailure, dependency }: Checked): string[] {
  const problems: string[] = [];
  const positive = (name: string, value: number, max = MAX_DELAY_MS): void => {
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) return;
    problems.push(`${name} is ${String(value)}, not a whole number from 1 to ${String(max)}`);
  };
  positive('timeoutMs', timeoutMs);
  positive('concurrency', concurrency, MAX_CONCURRENCY);
  positive('retry.maxAttempts', retry.maxAttempts);
  positive('retry.firstDelayMs', retry.firstDelayMs);
  positive('retry.maxDelayMs', retry.maxDelayMs);
  if (!KINDS.includes(kind)) problems.push(`kind is ${kind}, not one of ${KINDS.join(', ')}`);
  if (!POLICIES.includes(onFailure))
    problems.push(`onFailure is ${onFailure}, not one of ${POLICIES.join(', ')}`);
  if (dependency === '') problems.push('dependency is empty');
  return problems;
}

/**
 * The consumer of a group is `<service>-<group>`, that of a partition `<service>-<STREAM>-<nn>`, of this service or of
 * one whose name begins with ours: a group must not look like the latter.
 */
function groupProblems(service: string, group: string | undefined): string[] {
  if (group === undefined) return [];
  if (RESERVED.includes(group)) return [`the group name ${group} belongs to the library`];
  if (!GROUP.test(group))
    return [`the group name ${JSON.stringify(group)} is not 1 to 64 letters, digits, - and _`];
  return /(?:^|-)[A-Z0-9_-]+-\d{2,}$/.test(group)
    ? [`the consumer ${service}-${group} looks like that of a partition`]
    : [];
}
