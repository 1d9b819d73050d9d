import path from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from './stack-error.ts';
import { isPartName, isServiceName, partNames, serviceNames, workspaceRoot } from './stack-layout.ts';
import { type NatsNodeCount, natsNodeCounts, type StackOptions } from './stack-options.ts';

const mostInstances = 16;

export const startUsage = [
  'npm start -- [--fresh] [--scale SERVICE=COUNT]... [--nats-nodes 3] [--port PART=PORT]... [--directory FOLDER]',
  '',
  '  --fresh                 wipe the data and logs of earlier runs first',
  '  --scale payment=3       run three instances of a service (at most 16)',
  '  --nats-nodes 3          a cluster of three nats-servers, three copies of each stream (default: 1)',
  '  --port order=3001       listen there instead of on a free port',
  '  --directory FOLDER      keep data, logs and stack.json there (default: .orderflow)',
  `  SERVICE is one of ${serviceNames.join(', ')};`,
  `  PART one of ${partNames.join(', ')}`,
].join('\n');

export type StartArguments = { help: true } | { help: false; options: StackOptions };

/** Throws a `StackError` that names what is wrong. */
export function parseStartArguments(args: readonly string[]): StartArguments {
  const { help, fresh, scale, port, directory, 'nats-nodes': natsNodes } = readFlags(args);
  if (help === true) return { help: true };
  const options: StackOptions = {
    directory: path.resolve(directory ?? path.join(workspaceRoot, '.orderflow')),
    fresh: fresh === true,
    scale: pairs('scale', scale, {
      known: isServiceName,
      names: serviceNames,
      least: 1,
      most: mostInstances,
    }),
    natsNodes: nodeCount(natsNodes),
    ports: pairs('port', port, { known: isPartName, names: partNames, least: 1, most: 65_535 }),
  };
  return { help: false, options };
}

function readFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        fresh: { type: 'boolean' },
        scale: { type: 'string', multiple: true },
        'nats-nodes': { type: 'string' },
        port: { type: 'string', multiple: true },
        directory: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    throw usage(Error.isError(cause) ? cause.message : 'The arguments cannot be read.', cause);
  }
}

/** Two would have no majority without either of them, and thus be less than one. */
function nodeCount(given = '1'): NatsNodeCount {
  const count = natsNodeCounts.find((allowed) => String(allowed) === given);
  if (count === undefined) throw usage(`--nats-nodes ${given}: the number must be 1 or 3.`);
  return count;
}

interface PairRule<Name extends string> {
  known: (name: string) => name is Name;
  names: readonly Name[];
  least: number;
  most: number;
}

function pairs<Name extends string>(
  flag: string,
  given: readonly string[] = [],
  rule: PairRule<Name>,
): Partial<Record<Name, number>> {
  const result: Partial<Record<Name, number>> = {};
  for (const pair of given) {
    const [, name = '', count = ''] = /^([a-z-]+)=(\d+)$/.exec(pair) ?? [];
    if (!rule.known(name))
      throw usage(`--${flag} ${pair}: expected NAME=NUMBER, NAME one of ${rule.names.join(', ')}.`);
    const number = Number(count);
    if (number < rule.least || number > rule.most) {
      throw usage(`--${flag} ${pair}: the number must be from ${rule.least} to ${rule.most}.`);
    }
    result[name] = number;
  }
  return result;
}

function usage(message: string, cause?: unknown): StackError {
  return new StackError({ code: 'usage', message, remedy: startUsage, cause });
}
