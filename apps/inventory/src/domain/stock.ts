import type { Shortage, StockLine } from '@orderflow/contracts';

/**
 * Pieces of one SKU, or a change of them. In a level nothing is negative, and onHand + reserved + shipped is what was
 * ever received; in a change of an order the three add up to zero.
 */
export interface StockFigures {
  /** In the house and promised to nobody. */
  readonly onHand: number;
  /** In the house and set aside for an order. */
  readonly reserved: number;
  /** Gone to users. */
  readonly shipped: number;
}

/** By SKU. A SKU that is missing was never received. */
export type StockLevels = ReadonlyMap<string, StockFigures>;

/** Changes by SKU, sorted by SKU. */
export type StockChanges = ReadonlyMap<string, StockFigures>;

export const NO_STOCK: StockFigures = { onHand: 0, reserved: 0, shipped: 0 };

/** What an order's lines need: lines of the same SKU added up, sorted by SKU. */
export function needsOf(lines: readonly { readonly sku: string; readonly quantity: number }[]): StockLine[] {
  const needs = new Map<string, number>();
  for (const { sku, quantity } of lines) needs.set(sku, (needs.get(sku) ?? 0) + quantity);
  return [...needs].map(([sku, quantity]) => ({ sku, quantity })).sort(bySku);
}

/** Every SKU that does not reach; empty when all do. */
export function shortagesOf(needs: readonly StockLine[], levels: StockLevels): Shortage[] {
  return needs
    .map(({ sku, quantity }) => ({
      sku,
      requested: quantity,
      available: (levels.get(sku) ?? NO_STOCK).onHand,
    }))
    .filter(({ requested, available }) => requested > available);
}

/** What setting aside takes: on hand -> reserved. */
export function reserving(lines: readonly StockLine[]): StockChanges {
  return changes(lines, (quantity) => ({ onHand: -quantity, reserved: quantity, shipped: 0 }));
}

/** What giving back brings: reserved -> on hand. */
export function releasing(lines: readonly StockLine[]): StockChanges {
  return changes(lines, (quantity) => ({ onHand: quantity, reserved: -quantity, shipped: 0 }));
}

/** What shipping takes: reserved -> shipped. */
export function shipping(lines: readonly StockLine[]): StockChanges {
  return changes(lines, (quantity) => ({ onHand: 0, reserved: -quantity, shipped: quantity }));
}

/** What a delivery to the house brings: the only way in which stock grows. */
export function receiving(sku: string, quantity: number): StockChanges {
  return new Map([[sku, { onHand: quantity, reserved: 0, shipped: 0 }]]);
}

export function applyChanges(levels: StockLevels, changed: StockChanges): StockLevels {
  const next = new Map(levels);
  for (const [sku, change] of changed) next.set(sku, plus(next.get(sku) ?? NO_STOCK, change));
  return next;
}

/** What several changes come to. Sorted by SKU, as each of them is. */
export function sumOf(several: readonly StockChanges[]): StockChanges {
  const sum = new Map<string, StockFigures>();
  for (const [sku, change] of several.flatMap((changed) => [...changed]))
    sum.set(sku, plus(sum.get(sku) ?? NO_STOCK, change));
  return new Map([...sum].sort(([left], [right]) => byCode(left, right)));
}

function changes(lines: readonly StockLine[], change: (quantity: number) => StockFigures): StockChanges {
  return new Map(needsOf(lines).map(({ sku, quantity }) => [sku, change(quantity)]));
}

function plus(left: StockFigures, right: StockFigures): StockFigures {
  return {
    onHand: left.onHand + right.onHand,
    reserved: left.reserved + right.reserved,
    shipped: left.shipped + right.shipped,
  };
}

function bySku(left: StockLine, right: StockLine): number {
  return byCode(left.sku, right.sku);
}

/** By code unit, like SQL's COLLATE "C", and not by a locale: all processes must agree. */
function byCode(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
