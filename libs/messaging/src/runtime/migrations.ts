import type { MigrationSet } from '@orderflow/database';

/** Where the tables are unless the option `schema` says otherwise, and what the texts of all statements name. */
export const MESSAGING_SCHEMA = 'messaging';

/** The library's own tables, in the schema `messaging`. */
export const MESSAGING_MIGRATIONS: MigrationSet = {
  name: 'messaging',
  directory: new URL('../../migrations/', import.meta.url),
};

/** Each schema has a ledger of its own: several may be in one database. */
export function migrationsOf(schema: string): MigrationSet {
  if (schema === MESSAGING_SCHEMA) return MESSAGING_MIGRATIONS;
  return { ...MESSAGING_MIGRATIONS, name: `${MESSAGING_MIGRATIONS.name} in ${schema}` };
}
