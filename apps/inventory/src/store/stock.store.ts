import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import type { StockChanges, StockFigures, StockLevels } from '../domain/stock.ts';
import { LockedSkus } from './locked-skus.ts';

const FIGURES = 'sku, on_hand, reserved, shipped';

/** Served by the primary key, as are ADD_UP and APPLY. The locks are taken in the order of the SKUs. */
const LOCK = `
  SELECT ${FIGURES} FROM stock_balance WHERE sku = ANY($1::text[])
  ORDER BY sku COLLATE "C" FOR NO KEY UPDATE`;

/** Fails instead of waiting: for a transaction that must not wait, because it holds a later SKU. */
const LOCK_OR_FAIL = `${LOCK} NOWAIT`;

/** Under the lock of the SKUs, so that what moved is added once. Served by stock_movement_sku. */
const ADD_UP = `
  WITH moved AS (
    DELETE FROM stock_movement WHERE sku = ANY($1::text[]) RETURNING ${FIGURES}
  ), sum AS (
    SELECT sku, sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved, sum(shipped)::bigint AS shipped
    FROM moved GROUP BY sku
  )
  UPDATE stock_balance AS balance
  SET on_hand = balance.on_hand + sum.on_hand,
    reserved = balance.reserved + sum.reserved,
    shipped = balance.shipped + sum.shipped
  FROM sum WHERE balance.sku = sum.sku
  RETURNING balance.sku, balance.on_hand, balance.reserved, balance.shipped`;

const CHANGES =
  'unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS change (sku, on_hand, reserved, shipped)';

const APPLY = `
  UPDATE stock_balance AS balance
  SET on_hand = balance.on_hand + change.on_hand,
    reserved = balance.reserved + change.reserved,
    shipped = balance.shipped + change.shipped
  FROM ${CHANGES}
  WHERE balance.sku = change.sku
  RETURNING balance.sku`;

const NOTE = `
  INSERT INTO stock_movement (${FIGURES})
  SELECT sku, change.on_hand, change.reserved, change.shipped FROM ${CHANGES} JOIN stock_balance USING (sku)
  RETURNING sku`;

const COLUMNS = `${FIGURES}, received`;
const LIST = `SELECT ${COLUMNS} FROM stock ORDER BY sku COLLATE "C"`;
const FIND = `SELECT ${COLUMNS} FROM stock WHERE sku = $1`;

interface FiguresRow {
  sku: string;
  on_hand: number;
  reserved: number;
  shipped: number;
}

export interface StockRow extends FiguresRow {
  received: number;
}

/**
 * How many pieces of each SKU are where. Transactions that need different SKUs run side by side, in any number of
 * instances; those that need the same one take turns from `lock` to their commit.
 */
@Injectable()
export class StockStore {
  readonly #locked = new LockedSkus();

  /**
   * The levels of those SKUs that were ever received. Nobody else reserves any of them until the transaction ends.
   *
   * A transaction that calls it again waits only for SKUs behind all that it holds, so that no two wait for each other;
   * for others it is rejected (55P03) when they are not free. The batch is then handled in halves, down to single
   * messages, which call it once.
   */
  async lock(tx: SqlExecutor, skus: readonly string[]): Promise<StockLevels> {
    const mayWait = this.#locked.add(tx, skus);
    const rows = await tx.query<FiguresRow>(mayWait ? LOCK : LOCK_OR_FAIL, [skus]);
    // In a statement of its own: it sees what was committed before the rows were ours.
    const addedUp = await tx.query<FiguresRow>(ADD_UP, [skus]);
    return new Map([...rows, ...addedUp].map((row) => [row.sku, figuresOf(row)]));
  }

  /** Moves pieces of SKUs that the transaction has locked. The table's checks refuse what is not there, and with it the transaction. */
  async apply(tx: SqlExecutor, changes: StockChanges): Promise<void> {
    await write(tx, APPLY, changes);
  }

  /** Moves pieces without waiting for a reservation: what was set aside is shipped or given back. */
  async note(tx: SqlExecutor, changes: StockChanges): Promise<void> {
    await write(tx, NOTE, changes);
  }

  async list(db: SqlExecutor): Promise<StockRow[]> {
    return await db.query<StockRow>(LIST);
  }

  async find(db: SqlExecutor, sku: string): Promise<StockRow | undefined> {
    const [row] = await db.query<StockRow>(FIND, [sku]);
    return row;
  }
}

async function write(tx: SqlExecutor, statement: string, changes: StockChanges): Promise<void> {
  if (changes.size === 0) return;
  const figures = [...changes.values()];
  const moved = await tx.query(statement, [
    [...changes.keys()],
    figures.map(({ onHand }) => onHand),
    figures.map(({ reserved }) => reserved),
    figures.map(({ shipped }) => shipped),
  ]);
  if (moved.length !== changes.size) throw new Error('A reservation names a SKU that has no stock row.');
}

function figuresOf({ on_hand: onHand, reserved, shipped }: FiguresRow): StockFigures {
  return { onHand, reserved, shipped };
}
