// A service in a process of its own, for what only a process can show: SIGKILL. Started by redrive-crash.int.spec.ts.
import 'reflect-metadata';
import { startService, COUNTS } from './harness.test-support.ts';
import { TransactionalRepair } from './repair.test-support.ts';

// The pipe ends with the test's process: this one must not outlive it.
process.stdin.on('end', () => process.exit(3)).resume();

const [, , natsUrl = '', databaseUrl = ''] = process.argv;
const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
await startService(
  { name: 'ledger', controllers: [TransactionalRepair], streams: [COUNTS], options: { log, leaseMs: 500 } },
  natsUrl,
  databaseUrl,
);
