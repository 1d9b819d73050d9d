import { MessagingAdminModule } from '../admin/messaging-admin.module.ts';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from './harness.test-support.ts';
import { prepareWorld, TransactionalRepair } from './repair.test-support.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** A service with the operators' routes, listening. */
export interface AdministeredService {
  readonly brokers: TestBrokers;
  readonly service: TestService;
  /** @param path below `/messaging` */
  call(method: string, path: string, body?: object): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startAdministered(): Promise<AdministeredService> {
  const brokers = await startBrokers();
  const service = await brokers.startService({
    name: 'ledger',
    controllers: [TransactionalRepair],
    imports: [MessagingAdminModule],
    streams: [COUNTS],
  });
  await service.app.listen(0, '127.0.0.1');
  const url = `${await service.app.getUrl()}/messaging`;
  await prepareWorld(service.database);
  return {
    brokers,
    service,
    call: async (method, path, body) => {
      const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { method, ...(body !== undefined && json) });
      return { status: response.status, body: JSON.parse(await response.text()) as Answer['body'] };
    },
    stop: async () => {
      await service.stop();
      await brokers.stop();
    },
  };
}
