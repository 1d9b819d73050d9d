import type { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';

export interface AttemptedRow {
  message_id: string;
  attempt: number;
  instance: string;
  /** When it began, in ms by the database's clock. */
  at: number;
}

export async function attemptsOf(database: Database, messageId: string): Promise<AttemptedRow[]> {
  return await database.query<AttemptedRow>(
    `SELECT message_id, attempt, instance, (extract(epoch FROM at) * 1000)::float8 AS at FROM attempted
     WHERE message_id = $1 ORDER BY id`,
    [messageId],
  );
}

/**
 * The time from the last begin of each attempt to the first begin of the next one, in ms. An attempt begins twice when it
 * failed among others in a transaction: then it is run once more by itself.
 */
export function pausesOf(rows: readonly AttemptedRow[]): number[] {
  const attempts = [...Map.groupBy(rows, (row) => row.attempt)].sort(([a], [b]) => a - b);
  return attempts.slice(1).map(([, next], index) => {
    const before = attempts[index]?.[1].at(-1)?.at ?? Number.NaN;
    return (next[0]?.at ?? Number.NaN) - before;
  });
}

export interface DeadRow {
  message_id: string;
  attempts: number;
  reason: string;
}

/** The message as a dead letter, once it is one. */
export async function deadLetterOf(
  database: Database,
  messageId: string,
  timeoutMs = 20_000,
): Promise<DeadRow> {
  return await eventually(
    async () => {
      const [row] = await database.query<DeadRow>(
        `SELECT message_id, attempts, reason FROM messaging.parked WHERE message_id = $1 AND state = 'dead'`,
        [messageId],
      );
      return row;
    },
    { what: `${messageId} is a dead letter`, timeoutMs },
  );
}

/** How many copies for DEAD_LETTERS were written. */
export async function deadLetterCopies(database: Database, key: string): Promise<number> {
  const rows = await database.query(
    `SELECT 1 FROM messaging.publication WHERE stream = 'DEAD_LETTERS' AND subject LIKE '%.' || $1`,
    [key],
  );
  return rows.length;
}
