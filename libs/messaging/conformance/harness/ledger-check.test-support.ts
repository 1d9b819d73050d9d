import type { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import type { EffectRow } from './ledger-tables.test-support.ts';

export interface SentRow {
  message_id: string;
  user_id: string;
  n: number;
  type: string;
}

/** What is wrong, each as `user-1#3`. */
export interface LedgerReport {
  /** Sent, without effect, and not kept as parked either. */
  lost: string[];
  /** Took effect more than once. */
  doubled: string[];
  /** Took effect after a later one of its key. */
  disordered: string[];
  /** Written by an instance that did not hold the lease any more. */
  stale: string[];
}

export const INTACT: LedgerReport = { lost: [], doubled: [], disordered: [], stale: [] };

export interface LedgerData {
  sent: readonly SentRow[];
  /** In the order in which they were written. */
  effects: readonly EffectRow[];
  /** Message ids that are parked. */
  parked: ReadonlySet<string>;
}

/** Reads loss, double effect, order and fencing from data alone. */
export function judgeLedger({ sent, effects, parked }: LedgerData): LedgerReport {
  const report: LedgerReport = { lost: [], doubled: [], disordered: [], stale: [] };
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const effect of effects) {
    if (seen.has(effect.message_id)) report.doubled.push(name(effect));
    seen.add(effect.message_id);
    // A queue group has neither leases nor order.
    if (effect.owner === null) continue;
    if (effect.owner !== effect.instance) report.stale.push(name(effect));
    if (effect.n < (last.get(effect.user_id) ?? 0)) report.disordered.push(name(effect));
    last.set(effect.user_id, effect.n);
  }
  report.lost = sent.filter((row) => !seen.has(row.message_id) && !parked.has(row.message_id)).map(name);
  return report;
}

/** What waits for an operator: dead letters, and what is behind them. What is deferred is handled by itself. */
const PARKED = `
  SELECT message_id FROM messaging.parked WHERE state = 'dead' OR (blocks AND EXISTS (
    SELECT FROM messaging.blocked_key AS blocked
    WHERE blocked.consumer = parked.consumer AND blocked.key = parked.key AND blocked.state = 'blocked'))`;

/** What is wrong with the ledger at this moment. */
export async function checkLedger(database: Database): Promise<LedgerReport> {
  return judgeLedger({
    sent: await database.query<SentRow>('SELECT * FROM sent'),
    effects: await database.query<EffectRow>('SELECT * FROM ledger ORDER BY id'),
    parked: new Set((await database.query<{ message_id: string }>(PARKED)).map((row) => row.message_id)),
  });
}

const OPEN = `
  SELECT user_id || '#' || n AS name FROM sent
  WHERE NOT EXISTS (SELECT FROM ledger WHERE ledger.message_id = sent.message_id)
    AND message_id NOT IN (${PARKED})
  ORDER BY sent_at LIMIT 5`;

/** Waits until each message that was sent has taken effect or is parked. */
export async function settled(database: Database, timeoutMs = 30_000): Promise<void> {
  await eventually(
    async () => {
      const open = await database.query<{ name: string }>(OPEN);
      if (open.length > 0) throw new Error(`open: ${open.map((row) => row.name).join(', ')} ...`);
      return true;
    },
    { what: 'each message has taken effect or is parked', timeoutMs },
  );
}

/** Waits until all is settled, then says what is wrong. */
export async function verdict(database: Database, timeoutMs?: number): Promise<LedgerReport> {
  await settled(database, timeoutMs);
  return await checkLedger(database);
}

/** Waits until nothing is parked. What was written there while it was being handled goes a moment after its effect. */
export async function nothingParked(database: Database): Promise<void> {
  const empty = async (): Promise<boolean> => {
    const rows = await database.query(
      'SELECT consumer, key, message_id, state, attempts, reason FROM messaging.parked LIMIT 5',
    );
    if (rows.length > 0) throw new Error(`parked: ${JSON.stringify(rows)}`);
    return true;
  };
  await eventually(empty, { what: 'nothing is parked' });
}

export async function effectsOf(database: Database, key?: string): Promise<EffectRow[]> {
  return await database.query<EffectRow>(
    'SELECT * FROM ledger WHERE $1::text IS NULL OR user_id = $1 ORDER BY id',
    [key ?? null],
  );
}

/** The effect of one message, once it is there. */
export async function effectOf(
  database: Database,
  messageId: string,
  timeoutMs?: number,
): Promise<EffectRow> {
  return await eventually(
    async () =>
      (await database.query<EffectRow>('SELECT * FROM ledger WHERE message_id = $1', [messageId]))[0],
    { what: `${messageId} takes effect`, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
}

function name({ user_id, n }: { user_id: string; n: number }): string {
  return `${user_id}#${n}`;
}
