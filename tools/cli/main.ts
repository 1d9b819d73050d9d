import { CliError, exitCodes } from './cli-error.ts';
import type { Command } from './command.ts';
import { blockedKeys } from './commands/blocked-keys.command.ts';
import { discardLetters } from './commands/discard-letters.command.ts';
import { editLetter } from './commands/edit-letter.command.ts';
import { listLetters } from './commands/list-letters.command.ts';
import { redriveKey } from './commands/redrive-key.command.ts';
import { redriveLetters } from './commands/redrive-letters.command.ts';
import { acceptEvents } from './commands/accept-events.command.ts';
import { discardEvents, listEvents, retryEvents } from './commands/refused-events.command.ts';
import { showLetter } from './commands/show-letter.command.ts';
import { consumers, outbox, streams } from './commands/views.command.ts';
import { readFlags, refuseOthers } from './flags.ts';
import { helpOf, overview } from './help.ts';
import { StackError } from '../stack/stack-error.ts';

const commands: readonly Command[] = [
  listLetters,
  showLetter,
  redriveLetters,
  discardLetters,
  editLetter,
  blockedKeys,
  redriveKey,
  listEvents,
  retryEvents,
  discardEvents,
  acceptEvents,
  streams,
  consumers,
  outbox,
];

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    console.log(await run(args));
    return 0;
  } catch (error) {
    if (!(error instanceof CliError) && !(error instanceof StackError)) throw error;
    console.error(error.message);
    return error instanceof CliError ? error.exitCode : exitCodes.unreachable;
  }
}

async function run(args: readonly string[]): Promise<string> {
  const { values, words } = readFlags(args);
  const asked = words[0] === 'help' ? words.slice(1) : words;
  const command = commands.find(({ name }) => isPrefix(name.split(' '), asked));
  const help = values.help === true || words[0] === 'help';
  if (command === undefined) {
    if (asked.length === 0 || (help && commands.some(({ name }) => name.startsWith(asked[0] ?? '')))) {
      return overview(commands.filter(({ name }) => name.startsWith(asked[0] ?? '')));
    }
    throw new CliError('usage', `There is no command "${asked.join(' ')}".\n\n${overview(commands)}`);
  }
  if (help) return helpOf(command);
  refuseOthers(values, command.flags, command.name);
  const rest = asked.slice(command.name.split(' ').length);
  const { text, json } = await command.run({ values, words: rest });
  return values.json === true ? JSON.stringify(json, undefined, 2) : text;
}

function isPrefix(name: readonly string[], words: readonly string[]): boolean {
  return name.every((word, index) => words[index] === word);
}
