// One instance of the ledger service as a process of its own; started by instance.test-support.ts.
import 'reflect-metadata';
import type { Log } from '../../src/index.ts';
import { type LedgerConfig, startLedger } from './ledger-app.test-support.ts';
import { LedgerIdentity } from './ledger-handlers.test-support.ts';

const say = (level: string, fields: object, msg: string): void => {
  const text = (_key: string, value: unknown): unknown =>
    Error.isError(value) ? (value.stack ?? String(value)) : value;
  process.stdout.write(`${JSON.stringify({ at: Date.now(), level, msg, ...fields }, text)}\n`);
};

const log: Log = {
  debug: (fields, msg) => say('debug', fields, msg),
  info: (fields, msg) => say('info', fields, msg),
  warn: (fields, msg) => say('warn', fields, msg),
  error: (fields, msg) => say('error', fields, msg),
};

// The pipe ends with the test's process: an instance must not outlive it.
process.stdin.on('end', () => process.exit(3)).resume();
if ('unref' in process.stdin) process.stdin.unref();

const config = JSON.parse(process.env['LEDGER'] ?? '{}') as LedgerConfig;
const starting = startLedger(config, log);

let stopping = false;
process.on('SIGTERM', () => {
  if (stopping) process.exit(1);
  stopping = true;
  log.info({}, 'stopping');
  // No exit: a process that closed everything ends by itself.
  void starting.then((app) => app.close()).then(() => log.info({}, 'stopped'));
});

try {
  const app = await starting;
  log.info({ url: await app.getUrl(), instance: app.get(LedgerIdentity).instance }, 'running');
} catch (error) {
  log.error({ error }, 'boot failed');
  process.exitCode = 1;
}
