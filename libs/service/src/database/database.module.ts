import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Database, migrate, type MigrationSet } from '@orderflow/database';

const MIGRATION_SETS = Symbol('orderflow:migration-sets');

export interface DatabaseModuleOptions {
  url: string;
  applicationName: string;
  /** Applied in this order when the module starts. */
  migrations: readonly MigrationSet[];
}

/**
 * Migrates before anything else starts and closes after everything else has stopped.
 *
 * Nest starts modules from the deepest import to the root and stops them the other way round; all global modules count
 * as deepest of all, in the order in which they are first imported. So this module is global and is imported before
 * the messaging module; `database.module.int.spec.ts` watches the order.
 */
@Injectable()
class DatabaseLifecycle implements OnModuleInit, OnApplicationShutdown {
  readonly #database: Database;
  readonly #sets: readonly MigrationSet[];

  constructor(@Inject(Database) database: Database, @Inject(MIGRATION_SETS) sets: readonly MigrationSet[]) {
    this.#database = database;
    this.#sets = sets;
  }

  async onModuleInit(): Promise<void> {
    for (const set of this.#sets) await migrate(this.#database, set);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#database.close();
  }
}

/** Provides the process's one `Database`. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(options: DatabaseModuleOptions): DynamicModule {
    const { url, applicationName, migrations } = options;
    return {
      module: DatabaseModule,
      providers: [
        { provide: Database, useFactory: () => new Database({ url, applicationName }) },
        { provide: MIGRATION_SETS, useValue: migrations },
        DatabaseLifecycle,
      ],
      exports: [Database],
    };
  }
}
