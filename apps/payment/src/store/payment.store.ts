import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import { NO_PAYMENT, type PaymentState } from '../domain/payment.ts';
import { columnsOf, type PaymentRow, stateOf } from './payment-row.ts';

/** A payment as it was read. */
export interface KnownPayment {
  state: PaymentState;
  /** 0 when there is no row yet. */
  version: number;
  /** Since it was first written; undefined when there is no row yet. */
  ageMs: number | undefined;
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

const FIND = prepared(`
  SELECT order_id AS "orderId", user_id AS "userId", status, amount, currency, payment_token AS "paymentToken",
         payment_id AS "paymentId", decline_code AS "declineCode", version,
         created_at AS "createdAt", updated_at AS "updatedAt",
         (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs"
    FROM payment WHERE order_id = $1`);

const SAVE = prepared(`
  INSERT INTO payment (order_id, user_id, status, amount, currency, payment_token, payment_id, decline_code, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9 + 1)
  ON CONFLICT (order_id) DO UPDATE
     SET status = excluded.status, amount = excluded.amount, currency = excluded.currency,
         payment_token = excluded.payment_token, payment_id = excluded.payment_id,
         decline_code = excluded.decline_code, version = excluded.version, updated_at = clock_timestamp()
   WHERE payment.version = $9
  RETURNING version`);

/** Both statements are served by the primary key. */
@Injectable()
export class PaymentStore {
  async find(db: SqlExecutor, orderId: string): Promise<PaymentRow | undefined> {
    const [row] = await db.query<PaymentRow>(FIND, [orderId]);
    return row;
  }

  async load(db: SqlExecutor, orderId: string): Promise<KnownPayment> {
    const row = await this.find(db, orderId);
    return row === undefined
      ? { state: NO_PAYMENT, version: 0, ageMs: undefined }
      : { state: stateOf(row), version: row.version, ageMs: row.ageMs };
  }

  /**
   * Writes `state` over the payment that was read as version `known`.
   *
   * @returns the new version
   * @throws PaymentChanged when the row has another version by now
   */
  async save(db: SqlExecutor, orderId: string, state: PaymentState, known: number): Promise<number> {
    const columns = columnsOf(state);
    if (columns === undefined) return known;
    const { userId, status, request, paymentId, declineCode } = columns;
    const [row] = await db.query<{ version: number }>(SAVE, [
      orderId,
      userId,
      status,
      request?.amount.amount,
      request?.amount.currency,
      request?.paymentToken,
      paymentId,
      declineCode,
      known,
    ]);
    if (row === undefined) throw new PaymentChanged(orderId);
    return row.version;
  }
}
