import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';

/** One statement, so that a receipt and its pieces are there together or not at all. Served by the primary keys. */
const RECEIVE = `
  WITH arrived AS (
    INSERT INTO receipt (receipt_id, sku, quantity) VALUES ($1, $2, $3)
    ON CONFLICT (receipt_id) DO NOTHING
    RETURNING sku, quantity
  )
  INSERT INTO stock_balance AS balance (sku, on_hand, received)
  SELECT sku, quantity, quantity FROM arrived
  ON CONFLICT (sku) DO UPDATE
  SET on_hand = balance.on_hand + excluded.on_hand, received = balance.received + excluded.received
  RETURNING sku`;

const FIND = 'SELECT sku, quantity FROM receipt WHERE receipt_id = $1';

export interface Receipt {
  readonly receiptId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** Deliveries from suppliers. */
@Injectable()
export class ReceiptStore {
  /** Adds the pieces unless the receipt is known, and returns what is stored under its id. */
  async receive(db: SqlExecutor, receipt: Receipt): Promise<Receipt> {
    const { receiptId, sku, quantity } = receipt;
    const added = await db.query(RECEIVE, [receiptId, sku, quantity]);
    if (added.length > 0) return receipt;
    const [known] = await db.query<{ sku: string; quantity: number }>(FIND, [receiptId]);
    if (known === undefined) throw new Error('A receipt that was refused as known cannot be found.');
    return { receiptId, ...known };
  }
}
