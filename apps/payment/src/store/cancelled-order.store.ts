import { Injectable } from '@nestjs/common';
import { Database, prepared, type SqlExecutor } from '@orderflow/database';

/** Both statements are served by the primary key. */
const NOTE = prepared('INSERT INTO cancelled_order (order_id) VALUES ($1) ON CONFLICT (order_id) DO NOTHING');
const FIND = prepared('SELECT 1 FROM cancelled_order WHERE order_id = $1');

/** Which orders are over, known independently of the order in which their facts are handled. */
@Injectable()
export class CancelledOrderStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async note(tx: SqlExecutor, orderId: string): Promise<void> {
    await tx.query(NOTE, [orderId]);
  }

  async has(orderId: string): Promise<boolean> {
    return (await this.#database.query(FIND, [orderId])).length > 0;
  }
}
