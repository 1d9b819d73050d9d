import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_STOCK_LINES } from '../examples.ts';
import { IsNestedList, ORDER_LINES } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { StockLine } from '../stock-line.ts';
import { INVENTORY } from '../streams.ts';

/** Everything that an order needs is set aside for it. Published by inventory; the order goes on to payment. */
@Contract<InventoryReserved>({
  stream: INVENTORY,
  event: 'reserved',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, lines: EXAMPLE_STOCK_LINES },
})
export class InventoryReserved extends OrderFact {
  /** What was set aside, each SKU once. */
  @IsNestedList(() => StockLine, ORDER_LINES)
  readonly lines!: readonly StockLine[];
}
