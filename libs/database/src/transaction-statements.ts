import type { Connection } from './connection.ts';
import { DatabaseError } from './database-error.ts';
import type { TransactionOptions } from './sql-database.ts';

/**
 * PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error. Work that swallowed an SQL error would
 * then count as done although nothing of it was kept.
 */
export async function commit(connection: Connection): Promise<void> {
  const { command } = await connection.query('COMMIT');
  if (command === 'COMMIT') return;
  throw new DatabaseError(
    'TRANSACTION_ABORTED',
    'A statement of the transaction failed, so nothing of it was kept.',
    {
      remedy: 'Let SQL errors pass out of the function given to transaction().',
    },
  );
}

/** `SET LOCAL` takes no parameters. One message with BEGIN, so that it costs no round trip. */
export function beginning({ lockTimeoutMs, statementTimeoutMs }: TransactionOptions): string {
  const limits = { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs };
  const settings = Object.entries(limits).filter(([, limitMs]) => limitMs !== undefined);
  return [
    'BEGIN',
    ...settings.map(([name, limitMs]) => `SET LOCAL ${name} = ${Math.ceil(Number(limitMs))}`),
  ].join('; ');
}

export function readOnly(): DatabaseError {
  return new DatabaseError('READ_ONLY', 'The database is read-only.', {
    remedy: 'It is a standby, or default_transaction_read_only is on; work goes on when that is over.',
  });
}
