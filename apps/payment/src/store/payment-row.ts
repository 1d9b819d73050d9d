import type { ChargeRequest, PaymentState } from '../domain/payment.ts';

export const PAYMENT_STATUSES = [
  'charging',
  'cancelling',
  'captured',
  'refunding',
  'refunded',
  'declined',
  'cancelled',
] as const;

export interface PaymentRow {
  orderId: string;
  userId: string;
  status: (typeof PAYMENT_STATUSES)[number];
  amount: number | null;
  currency: string | null;
  paymentToken: string | null;
  paymentId: string | null;
  declineCode: string | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** Since it was first written, by the database's clock. */
  ageMs: number;
}

/** A payment as it is stored, without the times that only people read. */
export type StoredPayment = Omit<PaymentRow, 'createdAt' | 'updatedAt'>;

export function stateOf(row: StoredPayment): PaymentState {
  switch (row.status) {
    case 'charging':
    case 'cancelling':
      return { status: row.status, request: requestOf(row) };
    case 'captured':
    case 'refunding':
    case 'refunded':
      return { status: row.status, charge: { ...requestOf(row), paymentId: present(row, 'paymentId') } };
    case 'declined':
      return { status: 'declined', request: requestOf(row), code: present(row, 'declineCode') };
    case 'cancelled':
      return { status: 'cancelled', order: { userId: row.userId, orderId: row.orderId } };
  }
}

export interface PaymentColumns {
  userId: string;
  status: string;
  request: ChargeRequest | null;
  paymentId: string | null;
  declineCode: string | null;
}

/** The columns of a state; `undefined` for a payment that nobody has heard of, which has no row. */
export function columnsOf(state: PaymentState): PaymentColumns | undefined {
  const { status } = state;
  const nothing = { status, paymentId: null, declineCode: null };
  switch (status) {
    case 'none':
      return undefined;
    case 'charging':
    case 'cancelling':
      return { ...nothing, userId: state.request.userId, request: state.request };
    case 'captured':
    case 'refunding':
    case 'refunded':
      return {
        ...nothing,
        userId: state.charge.userId,
        request: state.charge,
        paymentId: state.charge.paymentId,
      };
    case 'declined':
      return { ...nothing, userId: state.request.userId, request: state.request, declineCode: state.code };
    case 'cancelled':
      return { ...nothing, userId: state.order.userId, request: null };
  }
}

function requestOf(row: StoredPayment): ChargeRequest {
  return {
    userId: row.userId,
    orderId: row.orderId,
    amount: { amount: present(row, 'amount'), currency: present(row, 'currency') },
    paymentToken: present(row, 'paymentToken'),
  };
}

/** The table's checks hold what each status needs; a row without it was written past them. */
function present<Name extends keyof StoredPayment>(
  row: StoredPayment,
  name: Name,
): NonNullable<StoredPayment[Name]> {
  const value = row[name];
  if (value !== null) return value;
  throw new Error(
    `Payment of order ${row.orderId} is ${row.status} without ${name}. Restore the checks of table payment.`,
  );
}
