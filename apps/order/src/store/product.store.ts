import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import type { Product } from '../domain/price-order.ts';

/** Served by the primary key. */
const FIND = prepared('SELECT sku, unit_price, currency FROM product WHERE sku = ANY($1::text[])');

interface ProductRow {
  sku: string;
  unit_price: number;
  currency: string;
}

/** The catalogue. */
@Injectable()
export class ProductStore {
  /** Those of the SKUs that exist, by SKU. */
  async find(db: SqlExecutor, skus: readonly string[]): Promise<ReadonlyMap<string, Product>> {
    const rows = await db.query<ProductRow>(FIND, [skus]);
    return new Map(
      rows.map(({ sku, unit_price: amount, currency }) => [sku, { sku, unitPrice: { amount, currency } }]),
    );
  }
}
