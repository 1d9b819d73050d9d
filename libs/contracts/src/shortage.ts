import { IsIntegerBetween, IsSku, ORDER_QUANTITY_MAX } from './field-rules.ts';

/** A SKU of which an order asked for more than there was. */
export class Shortage {
  @IsSku()
  readonly sku!: string;

  /** Pieces that the order asked for, over all its lines. */
  @IsIntegerBetween(1, ORDER_QUANTITY_MAX)
  readonly requested!: number;

  /** Pieces on hand and promised to nobody, when the order was looked at; 0 for a SKU never received. */
  @IsIntegerBetween(0, Number.MAX_SAFE_INTEGER)
  readonly available!: number;
}
