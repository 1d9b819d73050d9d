import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';

/** Served by the primary key. */
const NOTE = prepared('INSERT INTO cancelled_order (order_id) VALUES ($1) ON CONFLICT (order_id) DO NOTHING');

/**
 * Which orders are over, known independently of the order in which their facts are handled. Read with the payment
 * (`PaymentStore.load`).
 */
@Injectable()
export class CancelledOrderStore {
  async note(tx: SqlExecutor, orderId: string): Promise<void> {
    await tx.query(NOTE, [orderId]);
  }
}
