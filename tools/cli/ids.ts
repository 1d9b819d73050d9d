import { CliError } from './cli-error.ts';
import { numberFrom } from './flags.ts';

/** Ids of dead letters among the words of a command. */
export function idsFrom(words: readonly string[], most = Infinity): number[] {
  const ids = words.map((word) => numberFrom('An id', word));
  if (ids.length === 0) throw new CliError('usage', 'Which one? Give its id: orderflow dead-letters list');
  if (ids.length > most) throw new CliError('usage', 'One id at a time.');
  return [...new Set(ids)].sort((a, b) => a - b);
}
