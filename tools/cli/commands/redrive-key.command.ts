import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { reasonFrom } from '../flags.ts';
import { findLetters, letterTable } from '../letters.ts';
import { servicesFor } from '../services.ts';

export const redriveKey: Command = {
  name: 'keys redrive',
  summary: 'redrive the dead letters of a key, wherever it has any',
  usage: 'KEY [--consumer NAME] --why TEXT',
  flags: ['consumer', 'who', 'why', 'yes'],
  async run({ values, words }) {
    const [key, ...rest] = words;
    if (key === undefined || rest.length > 0)
      throw new CliError('usage', 'Give one key: orderflow keys blocked');
    const reason = reasonFrom(values);
    const { consumer } = values;
    const found = await findLetters(await servicesFor(values), {
      filter: { key, consumer },
      limit: undefined,
    });
    const holders = found.filter(({ letters }) => letters.length > 0);
    const letters = holders.flatMap((each) => each.letters);
    if (letters.length === 0) throw new CliError('failed', `"${key}" has no dead letter.`);
    process.stderr.write(`${letterTable(letters)}\n`);
    await confirm(`Redrive ${letters.length} dead letter(s)?`, values.yes);
    const done: { service: string; ids: number[] }[] = [];
    for (const { client } of holders) {
      const path = `/keys/${encodeURIComponent(key)}/redrive`;
      const { ids } = await client.send<{ ids: number[] }>('POST', path, { ...reason, consumer });
      done.push({ service: client.service, ids });
    }
    return {
      json: done,
      text: done.map(({ service, ids }) => `${service}: ${ids.length} redriven`).join('\n'),
    };
  },
};
