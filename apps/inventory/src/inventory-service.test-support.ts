import type { INestApplication } from '@nestjs/common';
import { ORDERS } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { readConfig, startService } from '@orderflow/service';
import { freshDatabase, testNats } from '@orderflow/testing';
import { AppModule } from './app.module.ts';
import { InventoryConfig } from './config.ts';
import { type Neighbour, startNeighbour } from './neighbour.test-support.ts';

export interface InventoryService {
  url: string;
  app: INestApplication;
  database: Database;
  order: Neighbour;
  stop(): Promise<void>;
}

/** The inventory service as it runs, with a broker and a database of its own, beside a neighbour that only publishes. */
export async function startInventoryService(): Promise<InventoryService> {
  const [nats, fresh] = await Promise.all([testNats(), freshDatabase('inventory')]);
  const config = readConfig(InventoryConfig, {
    PORT: '0',
    DATABASE_URL: fresh.url,
    NATS_SERVERS: nats.url,
    LOG_LEVEL: 'silent',
  });
  const [app, order] = await Promise.all([
    startService({ name: 'inventory', config, module: (read) => AppModule.forRoot(read) }),
    startNeighbour(ORDERS, nats.url),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all([app.close(), order.stop()]);
    await Promise.all([nats.stop(), fresh.drop()]);
  };
  return { url: await app.getUrl(), app, database: app.get(Database), order, stop };
}

export interface Answer {
  status: number;
  type: string | null;
  body: Record<string, unknown>;
}

/** GET, or PUT when there is a body. */
export async function ask(url: string, body?: unknown): Promise<Answer> {
  const request = {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, body === undefined ? {} : request);
  const answer: unknown = await response.json();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: typeof answer === 'object' && answer !== null ? { ...answer } : {},
  };
}
