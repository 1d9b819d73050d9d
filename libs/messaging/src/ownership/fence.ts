import { prepared, type SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';

/** The right to commit effects for a resource, until somebody else has taken it. */
export interface Lease {
  readonly resource: string;
  readonly owner: string;
  readonly epoch: number;
  /** Its last two owners or more, the last one another instance, ended in the middle of something: one of its messages may be the cause. Until that one is found. */
  suspicious: boolean;
  /** It is given back although messages that may have ended an earlier owner are not yet handled: suspicious for the next one as well. */
  suspectsLeft?: boolean;
}

/** FOR SHARE: a takeover waits for this transaction, and this transaction sees a takeover that came first. */
const FENCE = prepared(`
  SELECT resource FROM messaging.ownership
  WHERE owner = $1 AND (resource, epoch) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
  FOR SHARE`);

/** A lease that another instance has taken. */
export class OwnershipLost extends MessagingError {
  /** With their epochs: the same resource may have been taken again meanwhile. */
  readonly leases: readonly Lease[];

  constructor(leases: readonly Lease[]) {
    const resources = leases.map((lease) => lease.resource).join(', ');
    super('OWNERSHIP_LOST', `The lease of ${resources === '' ? 'a partition' : resources} is over.`, {
      remedy: 'Nothing to do: its new owner handles the messages.',
    });
    this.leases = leases;
  }
}

/**
 * The first statement of each effect transaction.
 *
 * @throws OwnershipLost when a lease is no longer the one that the messages were taken under
 */
export async function assertLeases(tx: SqlExecutor, leases: readonly Lease[]): Promise<void> {
  const owner = leases[0]?.owner;
  if (owner === undefined) return;
  const resources = leases.map((lease) => lease.resource);
  const rows = await tx.query<{ resource: string }>(FENCE, [
    owner,
    resources,
    leases.map((lease) => lease.epoch),
  ]);
  const held = new Set(rows.map((row) => row.resource));
  const lost = leases.filter((lease) => !held.has(lease.resource));
  if (lost.length > 0) throw new OwnershipLost(lost);
}

/**
 * The leases of those who share a transaction, each once. The fence answers by resource: beside the lease of its new
 * epoch, one of an old epoch would pass.
 *
 * @throws OwnershipLost when two of them name different epochs of one resource
 */
export function leasesOfAll(holders: readonly { readonly leases: readonly Lease[] }[]): Lease[] {
  const leases = new Map<string, Lease>();
  for (const lease of holders.flatMap((holder) => holder.leases)) {
    const other = leases.get(lease.resource);
    if (other !== undefined && other.epoch !== lease.epoch) throw new OwnershipLost([other, lease]);
    leases.set(lease.resource, lease);
  }
  return [...leases.values()];
}
