import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { reasonFrom } from '../flags.ts';
import { oneService } from '../services.ts';

export const acceptEvents: Command = {
  name: 'accept-events',
  summary: 'after DATABASE_BEHIND_STREAM: let events that the database does not know stand as published',
  usage: 'STREAM --service NAME --why TEXT',
  flags: ['who', 'why', 'yes'],
  async run({ values, words: [stream, ...others] }) {
    if (stream === undefined || others.length > 0) throw new CliError('usage', 'Name one stream.');
    const reason = reasonFrom(values);
    const client = await oneService(values);
    await confirm(
      `Let the unknown events of ${client.service} in ${stream} stand? Their business rows are not made again.`,
      values.yes,
    );
    const path = `/streams/${encodeURIComponent(stream)}/accept`;
    const { accepted } = await client.send<{ accepted: number }>('POST', path, reason);
    return {
      text: `${client.service}: ${accepted} event(s) of ${stream} stand as published`,
      json: { service: client.service, stream, accepted },
    };
  },
};
