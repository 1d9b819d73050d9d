const PREFIX = 'partition-';

/** Names the lease of the process that publishes a service's outbox, and looks for events that no contract knows. */
export const RELAY_RESOURCE = 'relay';

/** Names the lease of a partition: `partition-07`. */
export function partitionResource(partition: number): string {
  return `${PREFIX}${String(partition).padStart(2, '0')}`;
}

/** The partition of a lease, or undefined for the relay's. */
export function partitionOfResource(resource: string): number | undefined {
  return resource.startsWith(PREFIX) ? Number(resource.slice(PREFIX.length)) : undefined;
}
