import type { MigrationSet } from '@orderflow/database';

/** The library's own tables, in the schema `messaging`. */
export const MESSAGING_MIGRATIONS: MigrationSet = {
  name: 'messaging',
  directory: new URL('../../migrations/', import.meta.url),
};
