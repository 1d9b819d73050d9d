import type { Money, OrderLine } from '@orderflow/contracts';
import { add, multiply, zero } from './money.ts';

/** What is sold, at the price of now. */
export interface Product {
  readonly sku: string;
  readonly unitPrice: Money;
}

export interface Basket {
  /** ISO 4217: what the user wants to pay in. */
  readonly currency: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export interface PricingError {
  /** Dotted path into the basket: `lines.0.sku`, `currency`, `lines`. */
  readonly field: string;
  readonly code: 'unknown_sku' | 'other_currency' | 'total_too_large';
  /** For the user. */
  readonly message: string;
}

export type Pricing =
  | { readonly kind: 'priced'; readonly lines: readonly OrderLine[]; readonly total: Money }
  | { readonly kind: 'refused'; readonly errors: readonly [PricingError, ...PricingError[]] };

/**
 * Fixes the price of each line and the total. All lines are looked at, so that a user sees everything that is wrong at
 * once.
 *
 * @param basket quantities are whole and positive: the edge has checked them
 * @param catalogue by SKU; only the basket's SKUs are looked up
 */
export function priceOrder(basket: Basket, catalogue: ReadonlyMap<string, Product>): Pricing {
  const lines: OrderLine[] = [];
  const errors: PricingError[] = [];
  for (const [index, { sku, quantity }] of basket.lines.entries()) {
    const product = catalogue.get(sku);
    if (product === undefined) errors.push(unknownSku(index, sku));
    else lines.push({ sku, quantity, unitPrice: product.unitPrice });
  }
  const foreign = lines.find((line) => line.unitPrice.currency !== basket.currency);
  if (foreign !== undefined) errors.push(otherCurrency(basket.currency, foreign.unitPrice.currency));
  const total = errors.length === 0 ? sum(lines, basket.currency) : undefined;
  if (total !== undefined) return { kind: 'priced', lines, total };
  const [first = tooLarge(), ...more] = errors;
  return { kind: 'refused', errors: [first, ...more] };
}

/** Undefined when it cannot be told exactly. */
function sum(lines: readonly OrderLine[], currency: string): Money | undefined {
  let total = zero(currency);
  for (const line of lines) {
    const price = multiply(line.unitPrice, line.quantity);
    if (price.kind === 'refused') return undefined;
    const next = add(total, price.money);
    if (next.kind === 'refused') return undefined;
    total = next.money;
  }
  return total;
}

function unknownSku(index: number, sku: string): PricingError {
  return {
    field: `lines.${String(index)}.sku`,
    code: 'unknown_sku',
    message: `${sku} is not in the catalogue.`,
  };
}

function otherCurrency(wanted: string, sold: string): PricingError {
  return { field: 'currency', code: 'other_currency', message: `Prices are in ${sold}, not in ${wanted}.` };
}

function tooLarge(): PricingError {
  return { field: 'lines', code: 'total_too_large', message: 'The total is larger than can be charged.' };
}
