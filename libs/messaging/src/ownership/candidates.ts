import { RELAY_RESOURCE } from '../topology/resource.ts';
import type { Member } from './ownership-store.ts';

/** An instance that the broker has not answered for this long is cut off: it gives up what others can do. */
export const CUT_OFF_AFTER_MS = 5_000;
/** An instance that was answered this recently can take over. When all are cut off, none can, and nothing moves. */
const REACHABLE_WITHIN_MS = 2_500;

/**
 * The instances that may own a resource: those with the role for it, without the ones that are cut off from the broker,
 * as long as one of them is not. All instances compute it from the same rows, so they agree.
 */
export function candidatesFor(resource: string, members: readonly Member[]): string[] {
  const role = resource === RELAY_RESOURCE ? 'relay' : 'intake';
  const able = members.filter((member) => member.accepts && member[role]);
  const reachable = able.some((member) => member.brokerSilenceMs < REACHABLE_WITHIN_MS);
  const chosen = reachable ? able.filter((member) => !isCutOff(member)) : able;
  return chosen.map(({ instance }) => instance);
}

export function isCutOff({ brokerSilenceMs }: Pick<Member, 'brokerSilenceMs'>): boolean {
  return brokerSilenceMs >= CUT_OFF_AFTER_MS;
}
