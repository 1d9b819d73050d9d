import type { AdminClient } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { reasonFrom } from '../flags.ts';
import { oneService, servicesFor } from '../services.ts';
import { age, type Column, table } from '../table.ts';

/** What the routes say of an event that the broker refuses; see the OpenAPI page of any service. */
interface RefusedEvent {
  messageId: string;
  stream: string;
  subject: string;
  key: string;
  reason: string;
  refusedAt: string;
  bytes: number;
  behind: number;
}

type ListedEvent = RefusedEvent & { service: string };

const columns: readonly Column<ListedEvent>[] = [
  { title: 'SERVICE', cell: ({ service }) => service },
  { title: 'MESSAGE ID', cell: ({ messageId }) => messageId },
  { title: 'SUBJECT', cell: ({ subject }) => subject, shrinkTo: 12 },
  { title: 'BYTES', cell: ({ bytes }) => bytes, right: true },
  { title: 'BEHIND', cell: ({ behind }) => behind, right: true },
  { title: 'AGE', cell: ({ refusedAt }) => age(Date.now() - Date.parse(refusedAt)), right: true },
  { title: 'REASON', cell: ({ reason }) => reason, shrinkTo: 10 },
];

export const listEvents: Command = {
  name: 'refused-events list',
  summary: 'events that the broker refuses permanently; each holds up its key',
  usage: '',
  flags: [],
  async run({ values }) {
    const clients = await servicesFor(values);
    const found = await Promise.all(clients.map(eventsOf));
    const events = found.flat();
    return { json: events, text: events.length === 0 ? 'No refused events.' : table(columns, events) };
  },
};

export const retryEvents = deciding('retry', {
  summary: 'publish them again, then the events behind them',
  question: 'Publish again',
  past: 'will be published again',
});

export const discardEvents = deciding('discard', {
  summary: 'give them up permanently; the events behind them are published',
  question: 'Give up permanently',
  past: 'discarded',
});

function deciding(
  action: 'retry' | 'discard',
  words: { summary: string; question: string; past: string },
): Command {
  return {
    name: `refused-events ${action}`,
    summary: words.summary,
    usage: 'MESSAGE-ID... --service NAME --why TEXT',
    flags: ['who', 'why', 'yes'],
    async run({ values, words: ids }) {
      if (ids.length === 0) throw new CliError('usage', 'Name the message ids: see refused-events list.');
      const reason = reasonFrom(values);
      const client = await oneService(values);
      await confirm(`${words.question} ${ids.length} event(s)?`, values.yes);
      for (const id of ids)
        await client.send('POST', `/refused-events/${encodeURIComponent(id)}/${action}`, reason);
      return {
        text: `${client.service}: ${ids.join(', ')} ${words.past}`,
        json: [{ service: client.service, messageIds: ids }],
      };
    },
  };
}

async function eventsOf(client: AdminClient): Promise<ListedEvent[]> {
  const { items } = await client.get<{ items: RefusedEvent[] }>('/refused-events?limit=200');
  return items.map((event) => ({ service: client.service, ...event }));
}
