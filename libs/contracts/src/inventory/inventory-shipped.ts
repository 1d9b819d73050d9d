import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_STOCK_LINES, EXAMPLE_TRACKING_NUMBER } from '../examples.ts';
import { IsNestedList, IsReference, ORDER_LINES } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { StockLine } from '../stock-line.ts';
import { INVENTORY } from '../streams.ts';

/** What was set aside for a paid order has left the house. Published by inventory, once for an order. */
@Contract<InventoryShipped>({
  stream: INVENTORY,
  event: 'shipped',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, trackingNumber: EXAMPLE_TRACKING_NUMBER, lines: EXAMPLE_STOCK_LINES },
})
export class InventoryShipped extends OrderFact {
  @IsReference()
  readonly trackingNumber!: string;

  /** What left: all that was set aside. */
  @IsNestedList(() => StockLine, ORDER_LINES)
  readonly lines!: readonly StockLine[];
}
