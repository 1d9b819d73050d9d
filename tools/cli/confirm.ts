import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { CliError } from './cli-error.ts';

/** Resolves when the person at the terminal, or `--yes`, agrees. Nobody is asked where nobody can answer. */
export async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CliError('usage', 'This changes messages, and there is no terminal to ask at. Say --yes.');
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `).finally(() => lines.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('failed', 'Nothing was changed.');
}
