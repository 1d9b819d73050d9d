import type { SqlExecutor } from '@orderflow/database';

export interface WaitingRows {
  readonly count: number;
  readonly stream: string;
  readonly prefix: string;
  readonly event: string;
  /** Of each key `<keys>-<number>`. */
  readonly keyPrefix: string;
  readonly keys: number;
  readonly textBytes: number;
}

/** In the order of the keys' numbers, as `outbox.add` writes them. `n` counts within a key. */
const FILL = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
  SELECT id, $2, $3 || '.' || key || '.' || $4, key,
    jsonb_build_object('ce-specversion', '1.0', 'ce-id', id, 'ce-source', '/services/bench',
      'ce-type', $3 || '.' || $4 || '.v1', 'ce-subject', key, 'ce-time', '2026-01-01T00:00:00.000Z',
      'content-type', 'application/json'),
    json_build_object('userId', key, 'n', n / $6 + 1, 'text', repeat('x', $7))::text
  FROM (
    SELECT n, $5 || '-' || n % $6 AS key, uuidv7()::text AS id FROM generate_series($1::int, $8::int) AS n
  ) AS row`;

/** In one transaction each, so that what is written first can be published meanwhile. */
const AT_ONCE = 500_000;

/** By the database itself: that the rows wait is what matters. */
export async function fillOutbox(database: SqlExecutor, rows: WaitingRows): Promise<void> {
  const { count, stream, prefix, event, keyPrefix, keys, textBytes } = rows;
  const bytesAtOnce = 200_000_000;
  const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(bytesAtOnce / Math.max(textBytes, 1))));
  for (let from = 0; from < count; from += atOnce) {
    const last = Math.min(from + atOnce, count) - 1;
    await database.query(FILL, [from, stream, prefix, event, keyPrefix, keys, textBytes, last]);
  }
}
