// The SMTP sink as a process: SMTP_PORT, HTTP_PORT (0 or unset: a free one), HOST, STORE_FILE.
import { startSmtpSink } from './smtp/smtp-sink.server.ts';

function portFrom(name: string): number {
  const value = process.env[name] ?? '0';
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${name} is "${value}", and a port is a whole number from 0 to 65535.`);
}

const file = process.env['STORE_FILE'];
const sink = await startSmtpSink({
  port: portFrom('SMTP_PORT'),
  httpPort: portFrom('HTTP_PORT'),
  host: process.env['HOST'] ?? '127.0.0.1',
  ...(file === undefined ? {} : { file }),
});
process.stdout.write(`SMTP sink at ${sink.url}, messages at ${sink.httpUrl}/messages\n`);

const end = (): void => void sink.stop().then(() => process.exit(0));
process.once('SIGTERM', end);
process.once('SIGINT', end);
