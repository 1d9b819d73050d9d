import type { Command } from '../command.ts';
import { reasonFrom } from '../flags.ts';
import { idsFrom } from '../ids.ts';
import { oneService } from '../services.ts';
import { changeEach } from './change-letters.ts';

export const discardLetters: Command = {
  name: 'dead-letters discard',
  summary: 'give them up for good; what waits behind them is handled in order',
  usage: 'ID... --service NAME --why TEXT',
  flags: ['who', 'why', 'yes'],
  async run({ values, words }) {
    const ids = idsFrom(words);
    const reason = reasonFrom(values);
    return await changeEach({
      client: await oneService(values),
      ids,
      action: 'discard',
      reason,
      flags: values,
    });
  },
};
