import { type Check, type Finding, judgeEach } from './finding.ts';
import { subscribersOf } from './subscriptions.ts';
import type { ParkedView, SystemView } from './system-view.ts';

const nameOf = ({ service, consumer }: ParkedView): string =>
  consumer === 'mailer' ? `${service}-mailer` : service;

function deadLettersAreKept({ parked, deadLetters }: SystemView): Finding {
  const dead = parked.filter(({ state }) => state === 'dead');
  return judgeEach(dead, (entry) => {
    const what = `${entry.messageId} of ${entry.key} at ${nameOf(entry)}`;
    if ((entry.reason ?? '') === '') return `${what} is dead and nobody knows why`;
    const copies = deadLetters.filter(
      (copy) => copy.messageId === entry.messageId && copy.consumer === nameOf(entry),
    );
    if (copies.length !== 1) return `${what} has ${copies.length} copies in DEAD_LETTERS`;
    return copies[0]?.reason === '' ? `${what} has a copy without its reason` : undefined;
  });
}

function poisonIsDead({ scope, messages, parked }: SystemView): Finding {
  const dead = new Set(
    parked.filter(({ state }) => state === 'dead').map((each) => `${each.service} ${each.messageId}`),
  );
  const due = messages
    .filter(({ messageId }) => scope.poison.includes(messageId))
    .flatMap((message) => subscribersOf(message).map((subscriber) => ({ ...message, ...subscriber })));
  const finding = judgeEach(due, ({ service, messageId }) =>
    dead.has(`${service} ${messageId}`)
      ? undefined
      : `${messageId} cannot be handled and is no dead letter at ${service}`,
  );
  const found = new Set(due.map(({ messageId }) => messageId));
  const vanished = scope.poison.filter((messageId) => !found.has(messageId));
  return {
    ...finding,
    violations: [...finding.violations, ...vanished.map((id) => `${id} is in no stream`)],
  };
}

/** Of the users looked at: nothing else may have failed for good, or wait behind what did. */
function nothingElseIsParked({ scope, parked, messages }: SystemView): Finding {
  const keys = new Set(
    messages.filter(({ messageId }) => scope.poison.includes(messageId)).map(({ key }) => key),
  );
  const finding = judgeEach(parked, ({ messageId, key, service, state, reason }) =>
    scope.poison.includes(messageId) || (state === 'waiting' && keys.has(key))
      ? undefined
      : `${messageId} of ${key} is ${state} at ${service}: ${reason ?? 'behind another one'}`,
  );
  return { ...finding, lookedAt: messages.length };
}

/** What cannot be handled is kept and seen. */
export const deadLetterChecks: readonly Check[] = [
  { promise: 'every message that cannot be handled is a dead letter', find: poisonIsDead },
  { promise: 'every dead letter is kept with its reason, and copied once', find: deadLettersAreKept },
  { promise: 'nothing else is parked', find: nothingElseIsParked },
];
