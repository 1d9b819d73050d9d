import type { Command } from './command.ts';

const flags: Readonly<Record<string, string>> = {
  '--service NAME': 'only this service (repeatable)',
  '--url URL': 'ask the service at this address (repeatable); otherwise ORDERFLOW_URLS,',
  '': 'a list of addresses; otherwise the stack that runs in .orderflow',
  '--directory FOLDER': 'the stack that runs there',
  '--json': 'for programs',
};

const changing: Readonly<Record<string, string>> = {
  '--why TEXT': 'required; stored permanently with the decision',
  '--who NAME': 'default: your user name',
  '--yes, -y': 'skip the confirmation (required without a TTY)',
};

const ENDING = 'Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no service reached.';

export function overview(commands: readonly Command[]): string {
  const lines = Object.fromEntries(commands.map(({ name, summary }) => [name, summary]));
  return [
    'orderflow COMMAND [ARGUMENTS]: dead letters, blocked keys and what the broker does',
    rows(lines),
    rows({ 'help COMMAND': 'how to call it' }),
    ENDING,
  ].join('\n\n');
}

export function helpOf(command: Command): string {
  const { name, summary, usage } = command;
  const sections = [`orderflow ${name} ${usage}`.trimEnd(), `  ${summary}`, rows(flags)];
  if (command.flags.includes('why')) sections.push(rows(changing));
  if (command.flags.includes('limit'))
    sections.push(rows({ '--limit N': 'at most so many of each service (50)', '--all': 'all there are' }));
  return [...sections, ENDING].join('\n\n');
}

function rows(entries: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(entries).map((name) => name.length));
  return Object.entries(entries)
    .map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
    .join('\n');
}
