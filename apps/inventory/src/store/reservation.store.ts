import { Injectable } from '@nestjs/common';
import type { StockLine } from '@orderflow/contracts';
import type { SqlExecutor } from '@orderflow/database';
import {
  type Identity,
  NO_RESERVATION,
  type Reservation,
  type ReservationStatus,
} from '../domain/reservation.ts';

/** Served by the primary key, as are the others. */
const FIND = 'SELECT order_id, user_id, status, lines FROM reservation WHERE order_id = $1';
const LOCK = `${FIND} FOR UPDATE`;

const SAVE = `
  INSERT INTO reservation (order_id, user_id, status, lines) VALUES ($1, $2, $3, $4)
  ON CONFLICT (order_id) DO UPDATE
  SET status = excluded.status, lines = excluded.lines, updated_at = clock_timestamp()`;

export interface ReservationRow {
  order_id: string;
  user_id: string;
  status: Exclude<ReservationStatus, 'none'>;
  lines: StockLine[];
}

/** What is set aside for which order. */
@Injectable()
export class ReservationStore {
  async find(db: SqlExecutor, orderId: string): Promise<ReservationRow | undefined> {
    const [row] = await db.query<ReservationRow>(FIND, [orderId]);
    return row;
  }

  /** Nobody else decides about the reservation until the transaction ends. */
  async lock(tx: SqlExecutor, { orderId }: Identity): Promise<Reservation> {
    const [row] = await tx.query<ReservationRow>(LOCK, [orderId]);
    return row === undefined ? NO_RESERVATION : reservationOf(row);
  }

  async save(tx: SqlExecutor, { orderId, userId }: Identity, reservation: Reservation): Promise<void> {
    const lines = 'lines' in reservation ? reservation.lines : [];
    await tx.query(SAVE, [orderId, userId, reservation.status, JSON.stringify(lines)]);
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
