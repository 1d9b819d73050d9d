import process from 'node:process';
import { isRunning, readStackRecord } from '../stack/stack-file.ts';
import { isServiceName, stackPaths } from '../stack/stack-layout.ts';
import { AdminClient } from './admin-client.ts';
import { CliError } from './cli-error.ts';
import { type FlagValues, stackDirectory } from './flags.ts';

/** One client for each service that is meant; instances of a service share their tables, so any of them will do. */
export async function servicesFor(flags: FlagValues): Promise<AdminClient[]> {
  const found = await Promise.all(addresses(flags).map((url) => AdminClient.connect(url)));
  const byName = new Map(found.map((client) => [client.service, client]));
  const wanted = flags.service ?? [...byName.keys()];
  return wanted.map((name) => {
    const client = byName.get(name);
    if (client !== undefined) return client;
    throw new CliError('usage', `There is no service "${name}". Known: ${[...byName.keys()].join(', ')}.`);
  });
}

/** For what names messages by their id: those are numbered by each service for itself. */
export async function oneService(flags: FlagValues): Promise<AdminClient> {
  const found = await servicesFor(flags);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = found.map((client) => client.service).join(', ');
  throw new CliError('usage', `Ids belong to a service: say which one with --service (${names}).`);
}

function addresses(flags: FlagValues): string[] {
  if (flags.url !== undefined) return flags.url.map(checkedUrl);
  const listed = (process.env['ORDERFLOW_URLS'] ?? '').split(/[\s,]+/).filter((url) => url !== '');
  return listed.length > 0 && flags.directory === undefined ? listed.map(checkedUrl) : stackAddresses(flags);
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new CliError('usage', `"${url}" is no address like http://127.0.0.1:3000.`);
}

/** The first instance of each service of the embedded stack that has not died. */
function stackAddresses(flags: FlagValues): string[] {
  const { directory, state } = stackPaths(stackDirectory(flags));
  const record = readStackRecord(state);
  if (record === undefined || !isRunning(record.supervisor)) throw noStack(directory);
  const urls = new Map<string, string>();
  for (const part of record.parts) {
    const name = part.name.replace(/-\d+$/, '');
    if (isServiceName(name) && !urls.has(name) && isRunning(part)) urls.set(name, part.url);
  }
  if (urls.size === 0) throw noStack(directory);
  return [...urls.values()];
}

function noStack(directory: string): CliError {
  return new CliError(
    'unreachable',
    [
      `No stack is running in ${directory}.`,
      'Start one with "npm start", or say where the services are:',
      '  orderflow ... --url http://127.0.0.1:3000 --url http://127.0.0.1:3001',
      '  ORDERFLOW_URLS=http://127.0.0.1:3000,http://127.0.0.1:3001',
    ].join('\n'),
  );
}
