import { IsIntegerBetween, IsNested, IsSku, LINE_QUANTITY } from './field-rules.ts';
import { Money } from './money.ts';

/** One line of an order, with the price at which it was placed: later price changes do not reach it. */
export class OrderLine {
  @IsSku()
  readonly sku!: string;

  /** Pieces. */
  @IsIntegerBetween(LINE_QUANTITY.min, LINE_QUANTITY.max)
  readonly quantity!: number;

  /** Price of one piece. */
  @IsNested(() => Money)
  readonly unitPrice!: Money;
}
