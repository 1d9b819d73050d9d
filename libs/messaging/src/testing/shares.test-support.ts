import { eventually } from '@orderflow/testing';
import { isDeepStrictEqual } from 'node:util';
import { shareOut } from '../ownership/rendezvous.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { partitionResource, RELAY_RESOURCE } from '../topology/resource.ts';
import type { TestService } from './harness.test-support.ts';

export function runtimeOf({ app }: TestService): MessagingRuntime {
  return app.get(MessagingRuntime, { strict: false });
}

/** The leases that an instance holds. */
export function heldBy(service: TestService): string[] {
  return runtimeOf(service).instance?.membership.held ?? [];
}

/** The leases that an instance gets when exactly these share them. Their names decide which; part of each name is random. */
export function shareOf(service: TestService, all: readonly TestService[]): string[] {
  const { instance, partitions } = runtimeOf(service).options;
  const names = all.map((each) => runtimeOf(each).options.instance);
  const resources = [...Array(partitions).keys()].map(partitionResource);
  const owners = new Map([...shareOut(resources, names), ...shareOut([RELAY_RESOURCE], names)]);
  return [...resources, RELAY_RESOURCE].filter((resource) => owners.get(resource) === instance);
}

/** Waits until each of these instances holds its share. */
export async function untilShared(...all: TestService[]): Promise<void> {
  await eventually(() => all.every((each) => isDeepStrictEqual(heldBy(each), shareOf(each, all))), {
    what: 'each instance holds its share',
  });
}
