import type { SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';

const CLAIM = `INSERT INTO messaging.service (name) VALUES ($1) ON CONFLICT DO NOTHING`;
const NAME = `SELECT name FROM messaging.service`;

/**
 * Outbox, inbox and leases of one service live together. A second service would take partitions whose events it does
 * not handle, and publish an outbox whose streams it does not know. The first service that boots gives the schema its
 * name.
 *
 * @throws MessagingError `DATABASE_SHARED` when the schema belongs to another service
 */
export async function claimForService(database: SqlExecutor, service: string): Promise<void> {
  await database.query(CLAIM, [service]);
  const [row] = await database.query<{ name: string }>(NAME);
  if (row?.name === service) return;
  throw new MessagingError(
    'DATABASE_SHARED',
    `This database holds the messages of the service "${row?.name ?? 'unknown'}", not of "${service}".`,
    {
      remedy:
        'Give each service its own database, or its own option schema. If the service was renamed, stop all its instances and update the table service in its schema.',
    },
  );
}
