import { Database, migrate } from '@orderflow/database';
import { freshDatabase } from '@orderflow/testing';

export interface InventoryDatabase {
  database: Database;
  drop(): Promise<void>;
}

/** A database of its own with the tables of the inventory service. */
export async function inventoryDatabase(): Promise<InventoryDatabase> {
  const fresh = await freshDatabase('inventory');
  const database = new Database({ url: fresh.url, applicationName: 'inventory-test' });
  await migrate(database, { name: 'inventory', directory: new URL('../../migrations/', import.meta.url) });
  const drop = async (): Promise<void> => {
    await database.close();
    await fresh.drop();
  };
  return { database, drop };
}
