import type { Answered } from './inside/requests.ts';

const CREATED = 201;
const UNAVAILABLE = 503;

function counted(answers: readonly Answered[]): string {
  const kinds = new Map<string, number>();
  for (const { status, failure } of answers) {
    const kind = failure ?? String(status);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => `${count} x ${kind}`).join(', ');
}

/** What is wrong when every order has to be accepted. */
export function notAccepted(what: string, answers: readonly Answered[], least: number): string[] {
  const bad = answers.filter(({ status }) => status !== CREATED);
  return [
    ...(answers.length < least ? [`${what}: only ${answers.length} requests were made, not ${least}`] : []),
    ...(bad.length === 0
      ? []
      : [`${what}: ${bad.length} of ${answers.length} were not accepted: ${counted(bad)}`]),
  ];
}

/** What is wrong when orders may be refused, but only with 503 and a reason. */
export function refusedWithoutReason(what: string, answers: readonly Answered[]): string[] {
  const bad = answers.filter(({ status }) => status !== CREATED && status !== UNAVAILABLE);
  const mute = answers.filter(({ status, detail }) => status === UNAVAILABLE && !hasDetail(detail));
  return [
    ...(bad.length === 0
      ? []
      : [`${what}: ${bad.length} of ${answers.length} had another answer: ${counted(bad)}`]),
    ...(mute.length === 0 ? [] : [`${what}: ${mute.length} answers of 503 give no reason`]),
  ];
}

function hasDetail(problem: string | undefined): boolean {
  return problem !== undefined && /"detail":\s*"[^"]/.test(problem);
}

/** How long after `since` the first order was accepted, in ms; undefined when none was. */
export function acceptedAfter(answers: readonly Answered[], since: number): number | undefined {
  const ends = answers
    .filter(({ status, at, ms }) => status === CREATED && at + ms >= since)
    .map(({ at, ms }) => at + ms);
  return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends) - since);
}
