import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { CANCEL_REASONS, type CancelReason, type Money, type OrderLine } from '@orderflow/contracts';
import type { OrderState, OrderStatus } from '../domain/order.ts';
import type { TimelineEntry } from '../store/order-fact.store.ts';
import { orderUnknown } from './order-id.pipe.ts';

type PlacedOrder = Exclude<OrderState, { status: 'none' }>;

const STATUSES: readonly OrderStatus[] = ['created', 'reserved', 'paid', 'shipped', 'cancelled'];

class MoneyResponse implements Money {
  @ApiProperty({ type: 'integer', example: 2500, description: 'Minor units (cents).' })
  readonly amount!: number;

  @ApiProperty({ example: 'EUR' })
  readonly currency!: string;
}

class OrderLineResponse implements OrderLine {
  @ApiProperty({ example: 'MUG' })
  readonly sku!: string;

  @ApiProperty({ type: 'integer', example: 2 })
  readonly quantity!: number;

  @ApiProperty({ description: 'At the time of the order.' })
  readonly unitPrice!: MoneyResponse;
}

/** An order as users see it: without the payment token. */
export class OrderResponse {
  @ApiProperty({ format: 'uuid' })
  readonly orderId!: string;

  @ApiProperty()
  readonly userId!: string;

  @ApiProperty()
  readonly email!: string;

  @ApiProperty({ enum: STATUSES })
  readonly status!: OrderStatus;

  @ApiProperty({ type: [OrderLineResponse] })
  readonly lines!: readonly OrderLineResponse[];

  @ApiProperty()
  readonly total!: MoneyResponse;

  @ApiProperty({ format: 'date-time' })
  readonly createdAt!: string;

  @ApiPropertyOptional({ description: 'Once it is paid.' })
  readonly paymentId?: string;

  @ApiPropertyOptional({ description: 'Once it is shipped.' })
  readonly trackingNumber?: string;

  @ApiPropertyOptional({ enum: CANCEL_REASONS, description: 'If it is cancelled.' })
  readonly cancelReason?: CancelReason;
}

export class OrderPageResponse {
  @ApiProperty({ type: [OrderResponse], description: 'Newest first.' })
  readonly orders!: readonly OrderResponse[];

  @ApiProperty({ type: String, nullable: true, description: '`cursor` of the next page; null on the last.' })
  readonly nextCursor!: string | null;
}

class TimelineEntryResponse implements TimelineEntry {
  @ApiProperty({ enum: STATUSES })
  readonly fact!: string;

  @ApiProperty({ type: Object, additionalProperties: true, example: { reason: 'out_of_stock' } })
  readonly detail!: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly at!: Date;
}

export class TimelineResponse {
  @ApiProperty({ format: 'uuid' })
  readonly orderId!: string;

  @ApiProperty({ type: [TimelineEntryResponse], description: 'In the order in which they happened.' })
  readonly facts!: readonly TimelineEntryResponse[];
}

/** @throws Problem 404 when there is no such order */
export function orderResponse(state: OrderState): OrderResponse {
  if (state.status === 'none') throw orderUnknown();
  const { orderId, userId, email, lines, total, createdAt } = state.details;
  const { status } = state;
  return { orderId, userId, email, status, lines, total, createdAt, ...outcomeOf(state) };
}

function outcomeOf(order: PlacedOrder): Pick<OrderResponse, 'paymentId' | 'trackingNumber' | 'cancelReason'> {
  switch (order.status) {
    case 'created':
    case 'reserved':
      return {};
    case 'paid':
      return { paymentId: order.paymentId };
    case 'shipped':
      return { paymentId: order.paymentId, trackingNumber: order.trackingNumber };
    case 'cancelled':
      return { cancelReason: order.reason };
  }
}
