import { Socket } from 'node:net';
import pg from 'pg';
import type { Connection } from './connection.ts';

export interface SessionLimits {
  statementTimeoutMs: number;
  idleInTransactionTimeoutMs: number;
}

/** Whether a new session can be had, and whether it may write. */
export type DatabaseState = 'usable' | 'read-only' | 'unreachable';

/**
 * A role, a database or the server may have defaults of its own for each of these, and this library, its drivers' parsers and the statements
 * of services are written for these values. `TimeZone` and `DateStyle` decide how times are read back.
 */
const SETTINGS = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  default_transaction_isolation: 'read committed',
  // Whether a database may be written to is the operator's decision: that setting is read and never set.
  lock_timeout: '0',
  // A statement whose client has given up and gone must not go on holding the locks of its transaction.
  client_connection_check_interval: '2s',
};

/**
 * One statement and no startup parameters: PgBouncer refuses a connection that brings `statement_timeout` or `options`. A server on
 * Windows cannot watch its clients, and refuses to be told to.
 */
const PREPARE = `
  SELECT count(set_config(name, value, false)) AS settings, current_setting('transaction_read_only') AS read_only
  FROM unnest($1::text[], $2::text[]) AS setting (name, value)
  WHERE name <> 'client_connection_check_interval' OR version() ~ 'linux|darwin|bsd'`;

/** Gives a new session the settings that all code relies on. Resolves with true when the session may only read. */
export async function prepareSession(connection: Connection, limits: SessionLimits): Promise<boolean> {
  const settings = {
    ...SETTINGS,
    statement_timeout: String(limits.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionTimeoutMs),
  };
  const values = [Object.keys(settings), Object.values(settings)];
  const { rows } = await connection.query<{ read_only: string }>(PREPARE, values);
  return rows[0]?.read_only === 'on';
}

const PROBE_MS = 2_000;

/** Asks over a connection of its own, so that a pool that is used up does not look like a database that is down. */
export async function probeDatabase(url: string, applicationName: string): Promise<DatabaseState> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
    stream: () => socket,
  });
  // Reported by the call that meets it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    return rows[0]?.transaction_read_only === 'off' ? 'usable' : 'read-only';
  } catch {
    return 'unreachable';
  } finally {
    // It would wait for a server that is frozen.
    setTimeout(() => socket.destroy(), PROBE_MS).unref();
    client.end().catch(() => {
      // The connection has ended already, which is all that was wanted.
    });
  }
}
