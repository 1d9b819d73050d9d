import type { AdminClient } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import type { Result } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { FlagValues } from '../flags.ts';
import { type LetterDetail, letterTable } from '../letters.ts';

export interface Change {
  client: AdminClient;
  ids: readonly number[];
  action: 'redrive' | 'discard';
  reason: { who: string; why: string };
  flags: FlagValues;
}

const past = { redrive: 'redriven', discard: 'discarded' } as const;

/** Shows what is meant, asks, and does it one by one. What was done before a failure stays done, and is said. */
export async function changeEach({ client, ids, action, reason, flags }: Change): Promise<Result> {
  const letters = await Promise.all(ids.map((id) => client.get<LetterDetail>(`/dead-letters/${id}`)));
  const shown = letters.map((letter) => ({ ...letter, service: client.service }));
  process.stderr.write(`${letterTable(shown)}\n`);
  await confirm(
    `${action === 'discard' ? 'Give up for good' : 'Redrive'} ${ids.length} dead letter(s)?`,
    flags.yes,
  );
  const done: number[] = [];
  for (const id of ids) {
    try {
      await client.send('POST', `/dead-letters/${id}/${action}`, reason);
    } catch (cause) {
      if (done.length === 0 || !(cause instanceof CliError)) throw cause;
      throw new CliError('failed', `${cause.message}\nDone before that: ${done.join(', ')}.`, { cause });
    }
    done.push(id);
  }
  return {
    text: `${client.service}: ${done.join(', ')} ${past[action]}`,
    json: [{ service: client.service, ids: done }],
  };
}
