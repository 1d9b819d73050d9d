import type { SqlDatabase, SqlExecutor } from '@orderflow/database';

/** No constraint keeps a double effect out: it must show. */
export const EFFECT_TABLE =
  'CREATE TABLE effect (message_id text NOT NULL, user_id text NOT NULL, n int NOT NULL, text text NOT NULL)';

export interface Effect {
  readonly messageId: string;
  readonly userId: string;
  readonly n: number;
  readonly text: string;
}

export function isEffect(value: unknown): value is Effect {
  return typeof value === 'object' && value !== null && 'messageId' in value && 'text' in value;
}

export async function writeEffect(tx: SqlExecutor, effect: Effect): Promise<void> {
  const { messageId, userId, n, text } = effect;
  await tx.query('INSERT INTO effect (message_id, user_id, n, text) VALUES ($1, $2, $3, $4)', [
    messageId,
    userId,
    n,
    text,
  ]);
}

const INSERT_MANY = `
  INSERT INTO effect (message_id, user_id, n, text)
  SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[])`;

export async function writeEffects(tx: SqlExecutor, effects: readonly Effect[]): Promise<void> {
  await tx.query(INSERT_MANY, columnsOf(effects));
}

export function columnsOf(effects: readonly Effect[]): unknown[] {
  return [
    effects.map((effect) => effect.messageId),
    effects.map((effect) => effect.userId),
    effects.map((effect) => effect.n),
    effects.map((effect) => effect.text),
  ];
}

/** A figure counts only if each message has one effect. Resolves with how many there are. */
export async function assertOnce(database: SqlDatabase, atLeast: number): Promise<number> {
  const [found] = await database.query<{ rows: number; messages: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT message_id)::int AS messages FROM effect',
  );
  const { rows = 0, messages = 0 } = found ?? {};
  if (rows !== messages) throw new Error(`${rows} effects of ${messages} messages`);
  if (rows < atLeast) throw new Error(`${atLeast} effects reported, ${rows} found`);
  return rows;
}
