import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_STOCK_LINES } from '../examples.ts';
import { IsNestedList, ORDER_LINES } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { StockLine } from '../stock-line.ts';
import { INVENTORY } from '../streams.ts';

/** What was set aside for a cancelled order is on hand again. Published by inventory, after its `inventory.reserved`. */
@Contract<InventoryReleased>({
  stream: INVENTORY,
  event: 'released',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, lines: EXAMPLE_STOCK_LINES },
})
export class InventoryReleased extends OrderFact {
  /** What came back: all that was set aside. */
  @IsNestedList(() => StockLine, ORDER_LINES)
  readonly lines!: readonly StockLine[];
}
