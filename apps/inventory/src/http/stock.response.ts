import { ApiProperty } from '@nestjs/swagger';
import type { StockRow } from '../store/stock.store.ts';

/** onHand + reserved + shipped = received, at any moment. */
export class StockResponse {
  @ApiProperty({ example: 'MUG' })
  readonly sku!: string;

  @ApiProperty({ type: 'integer', description: 'In the house and promised to nobody.' })
  readonly onHand!: number;

  @ApiProperty({ type: 'integer', description: 'In the house and set aside for an order.' })
  readonly reserved!: number;

  @ApiProperty({ type: 'integer', description: 'Gone to users.' })
  readonly shipped!: number;

  @ApiProperty({ type: 'integer', description: 'Ever received.' })
  readonly received!: number;
}

export class StockListResponse {
  @ApiProperty({ type: [StockResponse], description: 'Every SKU ever received.' })
  readonly stock!: readonly StockResponse[];
}

export function stockResponse({
  sku,
  on_hand: onHand,
  reserved,
  shipped,
  received,
}: StockRow): StockResponse {
  return { sku, onHand, reserved, shipped, received };
}
