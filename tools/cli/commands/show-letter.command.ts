import { idsFrom } from '../ids.ts';
import type { Command } from '../command.ts';
import type { LetterDetail } from '../letters.ts';
import { oneService } from '../services.ts';
import { printable, table } from '../table.ts';

export const showLetter: Command = {
  name: 'dead-letters show',
  summary: 'one of them: headers, body, failed attempts, who did what',
  usage: 'ID --service NAME',
  flags: [],
  async run({ values, words }) {
    const [id = 0] = idsFrom(words, 1);
    const client = await oneService(values);
    const letter = await client.get<LetterDetail>(`/dead-letters/${id}`);
    return { json: { service: client.service, ...letter }, text: describe(client.service, letter) };
  },
};

function describe(service: string, letter: LetterDetail): string {
  const { headers, history, interventions } = letter;
  const facts: [string, string | number][] = [
    ['service', service],
    ['id', letter.id],
    ['message', letter.messageId],
    ['stored', `${letter.stream} ${letter.sequence}, ${letter.subject}`],
    ['key', letter.key],
    ['consumer', letter.consumer],
    ['state', `${letter.state}, ${letter.behind} behind it`],
    ['parked', letter.parkedAt],
    ['reason', letter.reason ?? '-'],
    ['attempts', `${letter.attempts}, dead ${letter.deaths} time(s)`],
  ];
  return [
    pairs(facts),
    section('headers', pairs(Object.entries(headers))),
    section('failed attempts', pairs(history.map(({ at, error }) => [at, error]))),
    section(
      'done to it',
      pairs(interventions.map((done) => [done.at, `${done.action} by ${done.who}: ${done.why}`])),
    ),
    section(`body (${letter.bodyEncoding})`, pretty(letter.body)),
  ].join('\n\n');
}

function section(title: string, content: string): string {
  const lines = content === '' ? ['(none)'] : content.split('\n');
  return `${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function pairs(entries: readonly (readonly [string, string | number])[]): string {
  const columns = [
    { title: '', cell: ([name]: readonly [string, string | number]) => name },
    { title: '', cell: ([, value]: readonly [string, string | number]) => value },
  ];
  return table(columns, entries).split('\n').slice(1).join('\n');
}

/** Escape sequences of the body are shown, not obeyed. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2).split('\n').map(printable).join('\n');
  } catch {
    return printable(body); // Not JSON: as it is.
  }
}
