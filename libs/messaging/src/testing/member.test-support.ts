import type { Database } from '@orderflow/database';
import { eventually, PATIENCE_MS } from '@orderflow/testing';
import { isDeepStrictEqual } from 'node:util';
import type { Lease } from '../ownership/fence.ts';
import { Membership, type MembershipOptions } from '../ownership/membership.ts';
import { OwnershipStore } from '../ownership/ownership-store.ts';
import { Signal } from '../timing/signal.ts';
import { partitionResource } from '../topology/resource.ts';
import type { TestDatabase } from './messaging-database.test-support.ts';
import { recordingLog } from './recording-log.test-support.ts';

export const RESOURCES: readonly string[] = Array.from({ length: 16 }, (_, partition) =>
  partitionResource(partition),
);

/** An instance of a service, as far as its leases go. */
export interface TestMember {
  readonly name: string;
  readonly membership: Membership;
  readonly acquired: Lease[];
  readonly lost: Lease[];
  /** What its heartbeats say of it. */
  readonly says: { intake: boolean; relay: boolean; brokerSilenceMs: number; handlers: string };
  /** Awaited before a lease is given back. */
  beforeRelease: () => Promise<void>;
  /** Cuts it off from the database for good, as SIGSTOP or a broken network does: it shows no sign of life. */
  vanish(): Promise<void>;
}

export interface Crew {
  join(
    name: string,
    leaseMs?: number,
    own?: { database?: Database; bootTimeoutMs?: number },
  ): Promise<TestMember>;
  /** Ends all of them. */
  disband(): Promise<void>;
}

/** Members of one service that tell each other what was given back, as instances do over NATS. */
export function startCrew(tables: TestDatabase): Crew {
  const present = new Set<TestMember>();
  const vanished: TestMember[] = [];
  return {
    join: async (
      name,
      leaseMs = 1_000,
      { database = tables.another(2), bootTimeoutMs = PATIENCE_MS } = {},
    ) => {
      const released = (): void => {
        for (const other of present) if (other !== member) other.membership.nudge();
      };
      const member = build(name, database, { leaseMs, bootTimeoutMs, released });
      const { membership, vanish } = member;
      member.vanish = async () => {
        present.delete(member);
        vanished.push(member);
        await vanish();
      };
      present.add(member);
      await membership.start();
      return member;
    },
    disband: async () => {
      for (const { membership } of present) await membership.stop();
      present.clear();
      // Without a database there is nothing to leave, but its loop has to end.
      for (const { membership } of vanished.splice(0)) await membership.stop().catch(() => undefined);
    },
  };
}

function build(
  name: string,
  database: Database,
  more: Pick<MembershipOptions, 'leaseMs' | 'bootTimeoutMs' | 'released'>,
): TestMember {
  const acquired: Lease[] = [];
  const lost: Lease[] = [];
  const holder = {
    acquired: (lease: Lease) => void acquired.push(lease),
    release: () => member.beforeRelease(),
    lost: (lease: Lease) => void lost.push(lease),
  };
  const says = { intake: true, relay: true, brokerSilenceMs: 0, handlers: 'all' };
  const signal = new Signal();
  const options = { instance: name, resources: RESOURCES, describe: () => says, signal, ...more };
  const membership = new Membership(new OwnershipStore(database, name), options, holder, recordingLog());
  const member: TestMember = {
    name,
    membership,
    acquired,
    lost,
    says,
    beforeRelease: () => Promise.resolve(),
    vanish: () => database.close(),
  };
  return member;
}

/** Waits until the members hold exactly these resources, each of them once. */
export async function untilHeld(resources: readonly string[], ...members: TestMember[]): Promise<void> {
  const names = members.map(({ name }) => name).join(' and ');
  const held = (): string[] => members.flatMap(({ membership }) => membership.held).toSorted();
  await eventually(() => isDeepStrictEqual(held(), resources), { what: `${names} hold ${resources.join()}` });
}

/** The lease under which a member would commit now. */
export function leaseOf(member: TestMember, resource: string): Lease {
  const lease = member.membership.lease(resource);
  if (lease === undefined) throw new Error(`${member.name} does not hold ${resource}`);
  return lease;
}
