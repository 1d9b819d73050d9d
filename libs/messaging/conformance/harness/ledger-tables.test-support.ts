import { type Database, migrate, type SqlExecutor } from '@orderflow/database';

const MESSAGING = { name: 'messaging', directory: new URL('../../migrations/', import.meta.url) };

/**
 * No constraint keeps a double effect out: it must show. `owner` and `epoch` are those of the partition's lease, read
 * in the effect transaction. `crash` counts what a process did before it ended itself, past its transaction.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS sent (
    message_id text PRIMARY KEY, user_id text NOT NULL, n int NOT NULL, type text NOT NULL, mode text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL, n int NOT NULL, message_id text NOT NULL, type text NOT NULL, attempt int NOT NULL,
    instance text NOT NULL, owner text, epoch bigint, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS attempted (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id text NOT NULL, attempt int NOT NULL,
    instance text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS crash (message_id text PRIMARY KEY, times int NOT NULL)`;

export interface EffectRow {
  id: number;
  user_id: string;
  n: number;
  message_id: string;
  type: string;
  attempt: number;
  /** Which instance's handler wrote it, `<name>-<unique>`. */
  instance: string;
  /** Who held the partition's lease when it was written; null for a queue group. */
  owner: string | null;
  epoch: number | null;
  at: Date;
}

export async function createLedgerTables(database: Database): Promise<void> {
  await migrate(database, MESSAGING);
  await database.query(TABLES);
}

export type NewEffect = Pick<EffectRow, 'user_id' | 'n' | 'message_id' | 'type' | 'attempt' | 'instance'> & {
  /** The partition's lease, undefined for a queue group. */
  resource: string | undefined;
};

const EFFECTS = `
  INSERT INTO ledger (user_id, n, message_id, type, attempt, instance, owner, epoch)
  SELECT user_id, n, message_id, type, attempt, instance, lease.owner, lease.epoch
  FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[])
    WITH ORDINALITY AS effect (user_id, n, message_id, type, attempt, instance, resource, position)
  LEFT JOIN messaging.ownership AS lease USING (resource)
  ORDER BY position`;

/** In the given order, in one statement. */
export async function writeEffects(tx: SqlExecutor, effects: readonly NewEffect[]): Promise<void> {
  await tx.query(EFFECTS, [
    effects.map((effect) => effect.user_id),
    effects.map((effect) => effect.n),
    effects.map((effect) => effect.message_id),
    effects.map((effect) => effect.type),
    effects.map((effect) => effect.attempt),
    effects.map((effect) => effect.instance),
    effects.map((effect) => effect.resource ?? null),
  ]);
}

const CRASH = `
  INSERT INTO crash (message_id, times) VALUES ($1, 1)
  ON CONFLICT (message_id) DO UPDATE SET times = crash.times + 1
  RETURNING times`;

/** How often this message has come so far, kept whatever becomes of the process. */
export async function countCrash(database: SqlExecutor, messageId: string): Promise<number> {
  const [row] = await database.query<{ times: number }>(CRASH, [messageId]);
  return row?.times ?? 0;
}
