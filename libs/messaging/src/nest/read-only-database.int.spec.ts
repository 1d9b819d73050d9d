import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Database } from '@orderflow/database';
import { eventually, freshDatabase, type FreshDatabase } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { MessagingHealth } from '../observability/messaging-health.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, publishRaw, recordEffect } from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

@Controller()
class Ledger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

let brokers: TestBrokers;
let service: TestService;
let fresh: FreshDatabase;
let operator: Database;

beforeAll(async () => {
  [brokers, fresh] = await Promise.all([startBrokers(), freshDatabase('readonly')]);
  operator = new Database({ url: fresh.url, applicationName: 'operator', maxConnections: 1 });
  service = await brokers.startService({
    name: 'ledger',
    controllers: [Ledger],
    streams: [COUNTS],
    databaseUrl: fresh.url,
  });
});

afterAll(async () => {
  await service.stop();
  await operator.close();
  await brokers.stop();
  await fresh.drop();
});

/** Past the service's own outbox, which cannot be written to meanwhile. */
const publish = (n: number): Promise<unknown> => {
  const event = contract(Counted, { userId: `u${String(n)}`, n, mode: 'ok' });
  return publishRaw(brokers, `count.u${String(n)}.counted`, JSON.stringify(event), {});
};

const END_SESSIONS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name NOT LIKE 'operator%'`;

describe('a database that is read-only for a while', () => {
  it('is named, costs no attempt, and everything goes on by itself when it is over', async () => {
    const name = `"${new URL(fresh.url).pathname.slice(1)}"`;
    await publish(1);
    await ledgerOf(operator, 1);
    await operator.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await operator.query(END_SESSIONS);
    for (let n = 2; n <= 20; n++) await publish(n);
    const reason = (): string => JSON.stringify(service.app.get(MessagingHealth).consumers());
    await eventually(() => reason().includes('database read-only'), { what: 'readiness names it' });
    const since = performance.now();
    await eventually(() => performance.now() - since > 5_000, { what: 'time passes' });
    expect(await operator.query('SELECT 1 FROM ledger')).toHaveLength(1);
    // The new sessions are not cut: each of them has to be given up by the service itself.
    await operator.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    const rows = await ledgerOf(operator, 20);
    expect(new Set(rows.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    await eventually(() => reason().includes('"up"'), { what: 'it is ready' });
    await service.publish(contract(Counted, { userId: 'u21', n: 21, mode: 'ok' }));
    await ledgerOf(operator, 21);
  });
});
