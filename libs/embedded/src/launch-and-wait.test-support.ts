// A process that starts servers and then waits to be killed: node launch-and-wait.test-support.ts DIRECTORY
import path from 'node:path';
import { startNats } from './nats/nats.launcher.ts';
import { startPostgres } from './postgres/postgres.launcher.ts';

const directory = process.argv[2] ?? '.';
const postgres = await startPostgres({ directory: path.join(directory, 'postgres'), durable: false });
const nats = await startNats({ directory: path.join(directory, 'nats') });
process.stdout.write(`${JSON.stringify([postgres.pid, nats.pid])}\n`);
setInterval(() => undefined, 60_000);
