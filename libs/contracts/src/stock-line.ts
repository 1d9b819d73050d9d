import { IsIntegerBetween, IsSku, ORDER_QUANTITY_MAX } from './field-rules.ts';

/** Pieces of one SKU that an order holds or held; a SKU appears once, whatever the order's lines look like. */
export class StockLine {
  @IsSku()
  readonly sku!: string;

  /** Pieces, over all lines of the order that name this SKU. */
  @IsIntegerBetween(1, ORDER_QUANTITY_MAX)
  readonly quantity!: number;
}
