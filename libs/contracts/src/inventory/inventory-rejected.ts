import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER } from '../examples.ts';
import { IsNestedList, ORDER_LINES } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { Shortage } from '../shortage.ts';
import { INVENTORY } from '../streams.ts';

/** Something that an order needs is short, so nothing was set aside. Published by inventory; the order is cancelled. */
@Contract<InventoryRejected>({
  stream: INVENTORY,
  event: 'rejected',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, shortages: [{ sku: 'MUG', requested: 2, available: 1 }] },
})
export class InventoryRejected extends OrderFact {
  /** Every SKU that is short, each once. */
  @IsNestedList(() => Shortage, ORDER_LINES)
  readonly shortages!: readonly Shortage[];
}
