import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Database } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { idempotencyMigrations } from '../idempotency/idempotent.ts';
import { fastifyAdapter } from '../process/http-defaults.ts';
import { DatabaseModule } from './database.module.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase('database_module');
});

afterAll(async () => {
  await fresh.drop();
});

/** Stands where the messaging module stands, and uses the migrated database in each of its hooks. */
@Injectable()
class Worker implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  static readonly worked: string[] = [];

  constructor(@Inject(Database) private readonly database: Database) {}

  onModuleInit(): Promise<void> {
    return this.work('init');
  }

  onModuleDestroy(): Promise<void> {
    return this.work('destroy');
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.work('before shutdown');
  }

  onApplicationShutdown(): Promise<void> {
    return this.work('shutdown');
  }

  private async work(hook: string): Promise<void> {
    await this.database.query('SELECT count(*) FROM http_idempotency');
    Worker.worked.push(hook);
  }
}

@Module({})
class WorkerModule {}

function worker(global: boolean): DynamicModule {
  return { module: WorkerModule, global, providers: [Worker] };
}

describe('DatabaseModule', () => {
  it.each([[true], [false]])(
    'is migrated before and open after what uses it (global: %s)',
    async (global) => {
      Worker.worked.length = 0;
      const options = { url: fresh.url, applicationName: 'test', migrations: [idempotencyMigrations] };
      const builder = Test.createTestingModule({
        imports: [DatabaseModule.forRoot(options), worker(global)],
      });
      const app = (await builder.compile()).createNestApplication(fastifyAdapter());
      await app.init();
      const database = app.get(Database);
      await app.close();
      expect(Worker.worked).toEqual(['init', 'destroy', 'before shutdown', 'shutdown']);
      await expect(database.query('SELECT 1')).rejects.toThrow();
    },
  );
});
