import type { AdminClient } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import type { Command, Result } from '../command.ts';
import { confirm } from '../confirm.ts';
import { type Flags, reasonFrom } from '../flags.ts';
import { idsFrom } from '../ids.ts';
import { filterFrom, findLetters, type FoundLetters, letterTable } from '../letters.ts';
import { oneService, servicesFor } from '../services.ts';
import { changeEach } from './change-letters.ts';

export const redriveLetters: Command = {
  name: 'dead-letters redrive',
  summary: 'replay dead letters, then the messages parked behind them',
  usage: '(ID... --service NAME | --key KEY | --consumer NAME | --stream NAME | --all) --why TEXT',
  flags: ['key', 'consumer', 'stream', 'all', 'who', 'why', 'yes'],
  async run(flags) {
    const { values, words } = flags;
    const filtered =
      values.all === true || Object.values(filterFrom(values)).some((value) => value !== undefined);
    if (words.length > 0 && filtered) throw new CliError('usage', 'Give ids or a filter, not both.');
    if (words.length > 0) {
      const [ids, reason] = [idsFrom(words), reasonFrom(values)];
      return await changeEach({
        client: await oneService(values),
        ids,
        action: 'redrive',
        reason,
        flags: values,
      });
    }
    if (!filtered)
      throw new CliError('usage', 'Which ones? Give ids, a filter (--key, --stream ...), or --all.');
    return await redriveFound(flags);
  },
};

async function redriveFound({ values }: Flags): Promise<Result> {
  const reason = reasonFrom(values);
  const filter = filterFrom(values);
  const found = await findLetters(await servicesFor(values), { filter, limit: undefined });
  const letters = found.flatMap((each) => each.letters);
  if (letters.length === 0) return { text: 'No dead letters match.', json: [] };
  process.stderr.write(`${letterTable(letters)}\n`);
  await confirm(`Redrive ${letters.length} dead letter(s)?`, values.yes);
  const done: { service: string; ids: number[] }[] = [];
  for (const { client, letters } of found)
    done.push(...(await redriveAt(client, letters, { ...filter, ...reason })));
  const text = done.map(({ service, ids }) => `${service}: ${ids.length} redriven`).join('\n');
  return { text, json: done };
}

/** Exactly those that were shown: not more, and none that came since. */
async function redriveAt(
  client: AdminClient,
  letters: FoundLetters['letters'],
  request: object,
): Promise<{ service: string; ids: number[] }[]> {
  const last = letters.at(-1);
  if (last === undefined) return [];
  const body = { ...request, expected: letters.length, throughId: last.id };
  const { ids } = await client.send<{ ids: number[] }>('POST', '/dead-letters/redrive', body);
  return [{ service: client.service, ids }];
}
