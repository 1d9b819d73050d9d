import type { SqlExecutor } from '@orderflow/database';
import { textPayloads } from '../payload.ts';
import type { BenchStream } from '../nats/bench-stream.ts';

/** By the database itself, so that the process that is measured does not pay for it. Headers as `outbox.add` writes them. */
const FILL = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
  SELECT id, $2, $3 || '.user-' || n % $4 || '.happened', 'user-' || n % $4,
    jsonb_build_object('ce-specversion', '1.0', 'ce-id', id, 'ce-source', '/services/bench', 'ce-type', 'bench.happened.v1',
      'ce-subject', 'user-' || n % $4, 'ce-time', '2026-01-01T00:00:00.000Z', 'content-type', 'application/json',
      'traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    ($5::text[])[1 + n % array_length($5::text[], 1)]
  FROM (SELECT n, uuidv7()::text AS id FROM generate_series(1, $1::int) AS n) AS row`;

/** Rows that wait, in turn those of so many keys. */
export async function fillOutbox(
  database: SqlExecutor,
  rows: { count: number; keys: number; stream: BenchStream },
): Promise<void> {
  const { count, keys, stream } = rows;
  await database.query(FILL, [count, stream.name, stream.prefix, keys, textPayloads()]);
}
