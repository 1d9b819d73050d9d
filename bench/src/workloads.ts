import type { Workload } from './harness/workload.ts';
import { backlogWorkload } from './backlog/backlog.workload.ts';
import { consumerStateWorkload } from './consumer-state/consumer-state.workload.ts';
import { consumeWorkload } from './consume/consume.workload.ts';
import { latencyWorkload } from './latency/latency.workload.ts';
import { effectsWorkload } from './effects/effects.workload.ts';
import { ordersWorkload } from './orders/orders.workload.ts';
import { outboxWorkload } from './outbox/outbox.workload.ts';
import { publishWorkload } from './publish/publish.workload.ts';
import { scaleWorkload } from './scale/scale.workload.ts';
import { takeoverWorkload } from './takeover/takeover.workload.ts';

/** Every workload, in the order in which they run. */
export const workloads: readonly Workload[] = [
  publishWorkload,
  consumeWorkload,
  consumerStateWorkload,
  effectsWorkload,
  latencyWorkload,
  outboxWorkload,
  ordersWorkload,
  scaleWorkload,
  backlogWorkload,
  takeoverWorkload,
];

/** @throws Error that names those there are */
export function chosenWorkloads(only: readonly string[]): Workload[] {
  const unknown = only.filter((name) => !workloads.some((workload) => workload.name === name));
  if (unknown.length > 0) {
    const names = workloads.map(({ name }) => name).join(', ');
    throw new Error(`--only ${unknown.join(', ')}: expected one of ${names}`);
  }
  return workloads.filter(({ name }) => only.length === 0 || only.includes(name));
}

/** The contestants whose name contains one of the texts, with those that they are compared with. */
export function withContestants(workload: Workload, texts: readonly string[]): Workload {
  if (texts.length === 0) return workload;
  const wanted = workload.contestants.filter(({ name }) => texts.some((text) => name.includes(text)));
  const references = wanted.map(({ comparedWith = workload.comparedWith }) => comparedWith);
  const contestants = workload.contestants.filter(
    (contestant) => wanted.includes(contestant) || references.includes(contestant.name),
  );
  const names = contestants.map(({ name }) => name);
  const goals = workload.goals.filter(
    (goal) => names.includes(goal.contestant) && (!('of' in goal) || names.includes(goal.of)),
  );
  return { ...workload, contestants, goals };
}
