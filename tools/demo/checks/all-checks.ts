import { conservationChecks } from './conservation.checks.ts';
import { deadLetterChecks } from './dead-letter.checks.ts';
import { deliveryChecks } from './delivery.checks.ts';
import { effectChecks } from './effect.checks.ts';
import type { Check, Finding } from './finding.ts';
import { orderChecks } from './order.checks.ts';
import type { SystemView } from './system-view.ts';

/** The promises of DESIGN.md section 1 and what must hold by section 8. */
export const allChecks: readonly Check[] = [
  ...deliveryChecks,
  ...effectChecks,
  ...orderChecks,
  ...conservationChecks,
  ...deadLetterChecks,
];

export interface Verdict extends Finding {
  promise: string;
}

export function judge(view: SystemView): Verdict[] {
  return allChecks.map(({ promise, find }) => ({ promise, ...find(view) }));
}

/** Whether all that was begun has ended: only then do the other checks say something. */
export function isQuiet(view: SystemView): boolean {
  const underWay = deliveryChecks.some(({ find }) => find(view).violations.length > 0);
  const unsent = view.notifications.some(({ state }) => state !== 'sent');
  const unsettled = view.payments.some(({ status }) => /ing$/.test(status));
  return !underWay && !unsent && !unsettled;
}
