import { Injectable } from '@nestjs/common';
import type { StockLine } from '@orderflow/contracts';
import { prepared, type SqlExecutor } from '@orderflow/database';
import { type Identity, type Reservation, type ReservationStatus } from '../domain/reservation.ts';

/** Served by the primary key, as are the others. */
const FIND = prepared('SELECT order_id, user_id, status, lines FROM reservation WHERE order_id = $1');

/**
 * Sorted, so that two batches cannot wait for each other. A UUID may be written in more than one way, so the answer names
 * it as it was asked for. LATERAL keeps the planner to one look for each id:
 * the plan of a prepared statement is made while the table is empty, and must still be right when it has grown.
 */
export const LOCK = prepared(`
  SELECT wanted.asked, locked.status, locked.lines
  FROM (SELECT asked, asked::uuid AS order_id FROM unnest($1::text[]) AS asked ORDER BY order_id) AS wanted
  CROSS JOIN LATERAL (SELECT status, lines FROM reservation WHERE order_id = wanted.order_id FOR UPDATE) AS locked`);

const SAVE = prepared(`
  INSERT INTO reservation (order_id, user_id, status, lines)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[])
  ON CONFLICT (order_id) DO UPDATE
  SET status = excluded.status, lines = excluded.lines, updated_at = clock_timestamp()`);

export interface ReservationRow {
  order_id: string;
  user_id: string;
  status: Exclude<ReservationStatus, 'none'>;
  lines: StockLine[];
}

/** What is to be written about an order. */
export interface SavedReservation {
  readonly order: Identity;
  readonly reservation: Reservation;
}

/** What is set aside for which order. */
@Injectable()
export class ReservationStore {
  async find(db: SqlExecutor, orderId: string): Promise<ReservationRow | undefined> {
    const [row] = await db.query<ReservationRow>(FIND, [orderId]);
    return row;
  }

  /** By order id; nobody else decides about those that are there until the transaction ends. */
  async lock(tx: SqlExecutor, orderIds: readonly string[]): Promise<ReadonlyMap<string, Reservation>> {
    const rows = await tx.query<ReservationRow & { asked: string }>(LOCK, [orderIds]);
    return new Map(rows.map((row) => [row.asked, reservationOf(row)]));
  }

  /** Rejects when an order is named twice. */
  async save(tx: SqlExecutor, reservations: readonly SavedReservation[]): Promise<void> {
    if (reservations.length === 0) return;
    await tx.query(SAVE, [
      reservations.map(({ order }) => order.orderId),
      reservations.map(({ order }) => order.userId),
      reservations.map(({ reservation }) => reservation.status),
      reservations.map(({ reservation }) => JSON.stringify('lines' in reservation ? reservation.lines : [])),
    ]);
  }
}

function reservationOf({ status, lines }: ReservationRow): Reservation {
  switch (status) {
    case 'reserved':
    case 'released':
    case 'shipped':
      return { status, lines };
    case 'rejected':
    case 'closed':
      return { status };
  }
}
