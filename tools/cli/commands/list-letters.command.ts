import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { filterFrom, findLetters, letterTable, limitFrom, type FoundLetters } from '../letters.ts';
import { servicesFor } from '../services.ts';

export const listLetters: Command = {
  name: 'dead-letters list',
  summary: 'dead letters, in the order in which they were parked',
  usage: '[--key KEY] [--consumer NAME] [--stream NAME] [--limit N | --all] [--after ID]',
  flags: ['key', 'consumer', 'stream', 'limit', 'all', 'after'],
  async run({ values }) {
    const limit = limitFrom(values);
    const clients = await servicesFor(values);
    const { after } = values;
    if (after !== undefined && clients.length > 1) {
      throw new CliError('usage', '--after is an id, and ids belong to a service: add --service.');
    }
    const found = await findLetters(clients, { filter: filterFrom(values), after, limit });
    const letters = found.flatMap((each) => each.letters);
    const text = letters.length === 0 ? 'No dead letters.' : letterTable(letters);
    return { json: letters, text: [text, ...found.flatMap(moreOf)].join('\n') };
  },
};

function moreOf({ client, next }: FoundLetters): string[] {
  if (next === null) return [];
  return [`${client.service} has more: --service ${client.service} --after ${next}, or --all`];
}
