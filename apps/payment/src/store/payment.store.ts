import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import { NO_PAYMENT, type PaymentState } from '../domain/payment.ts';
import { columnsOf, type PaymentRow, stateOf, type StoredPayment } from './payment-row.ts';

/** A payment as it was read. */
export interface KnownPayment {
  state: PaymentState;
  /** 0 when there is no row yet. */
  version: number;
  /** Since it was first written; undefined when there is no row yet. */
  ageMs: number | undefined;
  /** The order is over, whatever became of its payment. As it was when the payment was read. */
  isCancelled: boolean;
}

/** Another process, or another message, changed the payment meanwhile: nothing was written, start again. */
export class PaymentChanged extends Error {
  override readonly name = 'PaymentChanged';
  readonly code = 'PAYMENT_CHANGED';

  constructor(orderId: string) {
    super(
      `The payment of order ${orderId} changed meanwhile. Nothing was written; the message is handled again.`,
    );
  }
}

/** What is to be written over a payment that was read. */
export interface PaymentChange {
  readonly orderId: string;
  readonly state: PaymentState;
  /** As it was read; 0 when there was no row. */
  readonly version: number;
}

const COLUMNS = `order_id AS "orderId", user_id AS "userId", status, amount, currency, payment_token AS "paymentToken",
  payment_id AS "paymentId", decline_code AS "declineCode", version,
  (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs"`;

const FIND = prepared(`
  SELECT ${COLUMNS}, created_at AS "createdAt", updated_at AS "updatedAt" FROM payment WHERE order_id = $1`);

/** Planned each time: a plan that was made while the tables were empty would go on reading all of them. */
const LOAD = `
  SELECT known.*, EXISTS (SELECT FROM cancelled_order WHERE order_id = asked.order_id) AS "isCancelled"
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (order_id, place)
  LEFT JOIN LATERAL (SELECT ${COLUMNS} FROM payment WHERE order_id = asked.order_id) AS known ON true
  ORDER BY asked.place`;

/** Sorted, so that two groups cannot wait for each other. */
const SAVE = prepared(`
  INSERT INTO payment (order_id, user_id, status, amount, currency, payment_token, payment_id, decline_code, version)
  SELECT order_id, user_id, status, amount, currency, payment_token, payment_id, decline_code, known + 1
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[])
      AS change (order_id, user_id, status, amount, currency, payment_token, payment_id, decline_code, known)
   ORDER BY order_id
  ON CONFLICT (order_id) DO UPDATE
     SET status = excluded.status, amount = excluded.amount, currency = excluded.currency,
         payment_token = excluded.payment_token, payment_id = excluded.payment_id,
         decline_code = excluded.decline_code, version = excluded.version, updated_at = clock_timestamp()
   WHERE payment.version = excluded.version - 1
  RETURNING order_id AS "orderId"`);

/** Its statements are served by the primary key. */
@Injectable()
export class PaymentStore {
  async find(db: SqlExecutor, orderId: string): Promise<PaymentRow | undefined> {
    const [row] = await db.query<PaymentRow>(FIND, [orderId]);
    return row;
  }

  /** Payment `i` is of order `i`. */
  async load(db: SqlExecutor, orderIds: readonly string[]): Promise<KnownPayment[]> {
    const rows = await db.query<KnownRow>(LOAD, [orderIds]);
    return rows.map((row) =>
      isPayment(row)
        ? { state: stateOf(row), version: row.version, ageMs: row.ageMs, isCancelled: row.isCancelled }
        : { state: NO_PAYMENT, version: 0, ageMs: undefined, isCancelled: row.isCancelled },
    );
  }

  /**
   * Writes each change over the payment that was read, if that still has the version which was read. Fails as a whole for
   * two changes of one order.
   *
   * @returns for each change: its new version, or why it was not written
   */
  async save(db: SqlExecutor, changes: readonly PaymentChange[]): Promise<(number | PaymentChanged)[]> {
    const rows = changes.flatMap(({ orderId, state, version }) => {
      const columns = columnsOf(state);
      return columns === undefined ? [] : [{ orderId, version, ...columns }];
    });
    const written = new Set<string>();
    if (rows.length > 0) {
      const answer = await db.query<{ orderId: string }>(SAVE, [
        rows.map(({ orderId }) => orderId),
        rows.map(({ userId }) => userId),
        rows.map(({ status }) => status),
        rows.map(({ request }) => request?.amount.amount),
        rows.map(({ request }) => request?.amount.currency),
        rows.map(({ request }) => request?.paymentToken),
        rows.map(({ paymentId }) => paymentId),
        rows.map(({ declineCode }) => declineCode),
        rows.map(({ version }) => version),
      ]);
      for (const { orderId } of answer) written.add(orderId);
    }
    return changes.map(({ orderId, state, version }) => {
      if (state.status === 'none') return version;
      return written.has(orderId.toLowerCase()) ? version + 1 : new PaymentChanged(orderId);
    });
  }
}

/** Of an order that has no payment, all but the last is null. */
type KnownRow = (StoredPayment | Record<keyof StoredPayment, null>) & { isCancelled: boolean };

function isPayment(row: KnownRow): row is StoredPayment & { isCancelled: boolean } {
  return row.orderId !== null;
}
