import { Database, migrate } from '@orderflow/database';
import { type NatsProcess, type PostgresProcess, startNats, startPostgres } from '@orderflow/embedded';
import { type Broker, connectBroker, MESSAGING_MIGRATIONS } from '@orderflow/messaging/internals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type PartHandle, partModule, startPart } from '../part/part-handle.ts';
import type { PressedServiceOptions } from './pressed-service.part.ts';
import { PRESSURE_TABLES } from './pressure-tables.ts';

/** Statements that fill tables take as long as they take. */
const FILL_TIMEOUT_MS = 3_600_000;
const LOOK_EVERY_MS = 100;

/** A broker and a database that no other service uses. */
export interface World {
  readonly nats: NatsProcess;
  readonly postgres: string;
  readonly database: Database;
}

/** The servers and processes of one scenario. Each server is real, and PostgreSQL syncs to disk unless it is told not to. */
export class Stage {
  readonly #directory: string;
  readonly #postgres: PostgresProcess;
  readonly #worlds: World[] = [];
  readonly #services = new Set<PartHandle>();
  readonly say: (line: string) => void;

  private constructor(directory: string, postgres: PostgresProcess, say: (line: string) => void) {
    this.#directory = directory;
    this.#postgres = postgres;
    this.say = say;
  }

  static async open(directory: string, say: (line: string) => void, durable: boolean): Promise<Stage> {
    const postgres = await startPostgres({
      directory: path.join(directory, 'postgres'),
      keep: false,
      durable,
    });
    return new Stage(directory, postgres, say);
  }

  async world(name: string): Promise<World> {
    const postgres = await this.#postgres.createDatabase(name);
    const database = new Database({
      url: postgres,
      applicationName: 'pressure',
      statementTimeoutMs: FILL_TIMEOUT_MS,
      idleInTransactionTimeoutMs: FILL_TIMEOUT_MS,
    });
    await migrate(database, MESSAGING_MIGRATIONS);
    await database.query(PRESSURE_TABLES);
    const nats = await startNats({ directory: path.join(this.#directory, `nats-${name}`), keep: false });
    const world = { nats, postgres, database };
    this.#worlds.push(world);
    return world;
  }

  /** @param heapMb the most that V8 may use */
  async service(
    { nats, postgres }: World,
    options: Partial<PressedServiceOptions> = {},
    heapMb?: number,
  ): Promise<PartHandle> {
    const service = await startPart({
      module: partModule('./pressed-service.part', import.meta.url),
      options: { nats: nats.url, postgres, ...options },
      execArgv: heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`],
    });
    this.#services.add(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#services) await service.kill();
    for (const { nats, database } of this.#worlds) {
      await database.close();
      await nats.stop();
    }
    await this.#postgres.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export async function withBroker<T>({ nats }: World, work: (broker: Broker) => Promise<T>): Promise<T> {
  const options = { servers: [nats.url], access: {}, name: 'pressure', bootTimeoutMs: 10_000 };
  const broker = await connectBroker(options);
  try {
    return await work(broker);
  } finally {
    await broker.connection.close();
  }
}

/** Resolves with how long it took in ms. A part that fails rejects by itself. */
export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  patienceMs = 900_000,
): Promise<number> {
  const beganAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - beganAt > patienceMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
  return performance.now() - beganAt;
}
