import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { connect as connectSocket } from 'node:net';
import type { Database, SqlExecutor } from '@orderflow/database';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { checkContract } from '../contract/contract.ts';
import type { Delivery } from '../routing/delivery.ts';
import { Counted, type TestBrokers } from './harness.test-support.ts';

export interface LedgerRow {
  user_id: string;
  n: number;
  message_id: string;
  attempt: number;
}

export interface ParkedRow {
  message_id: string;
  key: string;
  state: string;
  blocks: boolean;
  reason: string | null;
  attempts: number;
  subject: string;
  payload: Buffer;
  history: { at: string; error: string }[];
}

export async function recordEffect(tx: SqlExecutor, event: Counted, delivery: Delivery): Promise<void> {
  await tx.query('INSERT INTO ledger (user_id, n, message_id, attempt) VALUES ($1, $2, $3, $4)', [
    event.userId,
    event.n,
    delivery.messageId,
    delivery.attempt,
  ]);
}

/** The effects in their order, once there are as many; more than that fails. */
export async function ledgerOf(database: Database, count: number): Promise<LedgerRow[]> {
  return await rowsOf<LedgerRow>(
    database,
    'SELECT user_id, n, message_id, attempt FROM ledger ORDER BY id',
    count,
  );
}

export function eventOf(row: ParkedRow): Counted {
  return checkContract(Counted, JSON.parse(row.payload.toString('utf8')));
}

export async function parkedOf(database: Database, count: number): Promise<ParkedRow[]> {
  return await rowsOf<ParkedRow>(database, 'SELECT * FROM messaging.parked ORDER BY id', count);
}

async function rowsOf<Row extends object>(database: Database, sql: string, count: number): Promise<Row[]> {
  const rows = await eventually(
    async () => {
      const found = await database.query<Row>(sql);
      return found.length >= count ? found : undefined;
    },
    { what: `${String(count)} rows of ${sql}` },
  );
  if (rows.length > count) throw new Error(`${String(rows.length)} rows instead of ${String(count)}`);
  return rows;
}

/** Publishes past the outbox, as a foreign client would. */
export async function publishRaw(
  brokers: TestBrokers,
  subject: string,
  body: string | Uint8Array,
  options: { id?: string; headers?: Record<string, string | undefined> },
): Promise<'stored' | 'duplicate'> {
  const connection = await connect({ servers: brokers.nats.url });
  const wanted = headers();
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (value !== undefined) wanted.set(name, value);
  if (options.id !== undefined) wanted.set('Nats-Msg-Id', options.id);
  const reply = await connection.request(subject, body, { headers: wanted, timeout: ANSWER_PATIENCE_MS });
  await connection.close();
  const ack = reply.json<{ error?: object; duplicate?: boolean }>();
  if (ack.error !== undefined) throw new Error(`not stored: ${reply.string()}`);
  return ack.duplicate === true ? 'duplicate' : 'stored';
}

/** Publishes a header block as it is, which no client would send. */
export async function publishBytes(
  brokers: TestBrokers,
  subject: string,
  head: string,
  body: string,
): Promise<void> {
  const { hostname, port } = new URL(brokers.nats.url.replace('nats:', 'http:'));
  const socket = connectSocket({ host: hostname, port: Number(port) });
  const sizes = `${String(head.length)} ${String(head.length + body.length)}`;
  socket.write(
    `CONNECT {"headers":true,"verbose":false}\r\nHPUB ${subject} ${sizes}\r\n${head}${body}\r\nPING\r\n`,
  );
  for await (const chunk of socket) if (String(chunk).includes('PONG')) break;
  socket.destroy();
}

export interface DeadLetter {
  subject: string;
  headers: Record<string, string>;
  body: string;
}

export async function deadLetters(brokers: TestBrokers, count: number): Promise<DeadLetter[]> {
  const connection = await connect({ servers: brokers.nats.url });
  try {
    const manager = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
    const last = await eventually(
      async () => {
        const { state } = await manager.streams.info('DEAD_LETTERS');
        return state.messages >= count ? state.last_seq : undefined;
      },
      { what: `${String(count)} dead letters` },
    );
    return await Promise.all([...Array(last).keys()].map((index) => readDeadLetter(manager, index + 1)));
  } finally {
    await connection.close();
  }
}

async function readDeadLetter(
  manager: Awaited<ReturnType<typeof jetstreamManager>>,
  seq: number,
): Promise<DeadLetter> {
  const message = await manager.streams.getMessage('DEAD_LETTERS', { seq });
  if (message === null) throw new Error(`no dead letter ${String(seq)}`);
  const names = message.header.keys();
  return {
    subject: message.subject,
    headers: Object.fromEntries(names.map((name) => [name, message.header.get(name)])),
    body: Buffer.from(message.data).toString('utf8'),
  };
}
