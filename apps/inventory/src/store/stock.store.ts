import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import type { StockChanges, StockFigures, StockLevels } from '../domain/stock.ts';

/** Any number that no other advisory lock of this database uses. */
const GATE = 7_410_001;

/**
 * A batch decides about many orders in one transaction, each with SKUs of its own: sorting the SKUs of one order does
 * not keep two batches from taking the same rows in opposite order, and PostgreSQL would end one of them after a second
 * of waiting. So batches take turns from their first order to their commit.
 */
const ENTER_GATE = prepared('SELECT pg_advisory_xact_lock($1)');

const COLUMNS = 'sku, on_hand, reserved, shipped, received';

/** Served by the primary key, as are all the others. */
const LOCK = `SELECT ${COLUMNS} FROM stock WHERE sku = ANY($1::text[]) ORDER BY sku COLLATE "C" FOR UPDATE`;

const APPLY = `
  UPDATE stock
  SET on_hand = stock.on_hand + change.on_hand,
    reserved = stock.reserved + change.reserved,
    shipped = stock.shipped + change.shipped
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS change (sku, on_hand, reserved, shipped)
  WHERE stock.sku = change.sku
  RETURNING stock.sku`;

const LIST = `SELECT ${COLUMNS} FROM stock ORDER BY sku COLLATE "C"`;
const FIND = `SELECT ${COLUMNS} FROM stock WHERE sku = $1`;

export interface StockRow {
  sku: string;
  on_hand: number;
  reserved: number;
  shipped: number;
  received: number;
}

/** How many pieces of each SKU are where. */
@Injectable()
export class StockStore {
  /** The levels of those SKUs that were ever received. Nobody else changes them until the transaction ends. */
  async lock(tx: SqlExecutor, skus: readonly string[]): Promise<StockLevels> {
    await tx.query(ENTER_GATE, [GATE]);
    const rows = await tx.query<StockRow>(LOCK, [skus]);
    return new Map(rows.map((row) => [row.sku, figuresOf(row)]));
  }

  /** Moves pieces. The table's checks refuse what is not there, and with it the transaction. */
  async apply(tx: SqlExecutor, changes: StockChanges): Promise<void> {
    if (changes.size === 0) return;
    await tx.query(ENTER_GATE, [GATE]);
    const figures = [...changes.values()];
    const moved = await tx.query(APPLY, [
      [...changes.keys()],
      figures.map(({ onHand }) => onHand),
      figures.map(({ reserved }) => reserved),
      figures.map(({ shipped }) => shipped),
    ]);
    if (moved.length !== changes.size) throw new Error('A reservation names a SKU that has no stock row.');
  }

  async list(db: SqlExecutor): Promise<StockRow[]> {
    return await db.query<StockRow>(LIST);
  }

  async find(db: SqlExecutor, sku: string): Promise<StockRow | undefined> {
    const [row] = await db.query<StockRow>(FIND, [sku]);
    return row;
  }
}

function figuresOf({ on_hand: onHand, reserved, shipped }: StockRow): StockFigures {
  return { onHand, reserved, shipped };
}
