import { ApiProperty } from '@nestjs/swagger';
import { paymentReference } from '../domain/charge-id.ts';
import { PAYMENT_STATUSES, type PaymentRow } from '../store/payment-row.ts';

export class MoneyResponse {
  @ApiProperty({ description: 'Minor units of the currency.', example: 4788 })
  amount!: number;

  @ApiProperty({ description: 'ISO 4217.', example: 'EUR' })
  currency!: string;
}

/** What this service knows about the payment of one order. */
export class PaymentResponse {
  @ApiProperty({ format: 'uuid' })
  orderId!: string;

  @ApiProperty()
  userId!: string;

  @ApiProperty({ enum: PAYMENT_STATUSES })
  status!: string;

  @ApiProperty({ type: String, nullable: true, description: 'As in the facts, once it was charged.' })
  paymentId!: string | null;

  @ApiProperty({ type: String, nullable: true, description: "The provider's own id of the charge." })
  providerChargeId!: string | null;

  @ApiProperty({
    type: MoneyResponse,
    nullable: true,
    description: 'Null when the order was cancelled unreserved.',
  })
  amount!: MoneyResponse | null;

  @ApiProperty({ type: String, nullable: true, example: 'card_declined' })
  declineCode!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class PaymentListResponse {
  @ApiProperty({ type: [PaymentResponse], description: 'At most one: an order is charged once.' })
  payments!: PaymentResponse[];
}

export function toPaymentResponse(row: PaymentRow): PaymentResponse {
  const { orderId, userId, status, amount, currency, declineCode } = row;
  const paymentId = row.paymentId === null ? null : paymentReference(row.paymentId);
  return {
    orderId,
    userId,
    status,
    paymentId,
    providerChargeId: row.paymentId,
    amount: amount === null || currency === null ? null : { amount, currency },
    declineCode,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
