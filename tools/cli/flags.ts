import { userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { workspaceRoot } from '../stack/stack-layout.ts';
import { CliError } from './cli-error.ts';

const options = {
  help: { type: 'boolean', short: 'h' },
  url: { type: 'string', multiple: true },
  directory: { type: 'string' },
  service: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  limit: { type: 'string' },
  after: { type: 'string' },
  consumer: { type: 'string' },
  key: { type: 'string' },
  stream: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  who: { type: 'string' },
  why: { type: 'string' },
  body: { type: 'string' },
  'body-file': { type: 'string' },
} as const;

const read = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });

export type FlagName = keyof typeof options;
export type FlagValues = ReturnType<typeof read>['values'];

export interface Flags {
  values: FlagValues;
  /** What is no flag: the command, then ids or keys. */
  words: string[];
}

export function readFlags(args: readonly string[]): Flags {
  try {
    const { values, positionals } = read(args);
    return { values, words: positionals };
  } catch (cause) {
    const message = Error.isError(cause) ? cause.message : 'The arguments cannot be read.';
    throw new CliError('usage', `${message}\nTry: orderflow help`, { cause });
  }
}

/** A flag that says nothing to a command is a misunderstanding; ignoring `--key` could redrive too much. */
export function refuseOthers(values: FlagValues, allowed: readonly FlagName[], command: string): void {
  const known = new Set<string>([...allowed, 'help', 'url', 'directory', 'service', 'json']);
  const other = Object.keys(values).find((name) => !known.has(name));
  if (other !== undefined) {
    throw new CliError('usage', `--${other} means nothing to "${command}".\nTry: orderflow help ${command}`);
  }
}

export function reasonFrom({ who, why }: FlagValues): { who: string; why: string } {
  if (why === undefined || why.trim() === '') {
    throw new CliError('usage', 'Say why: --why "what was mended". It is kept beside what is done.');
  }
  return { who: who ?? userInfo().username, why };
}

export function numberFrom(flag: string, text: string, least = 1): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new CliError('usage', `${flag} must be a whole number from ${least}, not "${text}".`);
}

export const stackDirectory = ({ directory }: FlagValues): string =>
  path.resolve(directory ?? path.join(workspaceRoot, '.orderflow'));
