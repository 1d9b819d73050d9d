import type { Command } from '../command.ts';
import { limitFrom } from '../letters.ts';
import { servicesFor } from '../services.ts';
import { age, type Column, table } from '../table.ts';

interface BlockedKey {
  service: string;
  consumer: string;
  key: string;
  partition: number;
  state: string;
  since: string;
  parked: number;
}

const columns: readonly Column<BlockedKey>[] = [
  { title: 'SERVICE', cell: ({ service }) => service, shrinkTo: 8 },
  { title: 'CONSUMER', cell: ({ consumer }) => consumer, shrinkTo: 8 },
  { title: 'KEY', cell: ({ key }) => key, shrinkTo: 8 },
  { title: 'PARTITION', cell: ({ partition }) => partition, right: true },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'PARKED', cell: ({ parked }) => parked, right: true },
  { title: 'FOR', cell: ({ since }) => age(Date.now() - Date.parse(since)) },
];

export const blockedKeys: Command = {
  name: 'keys blocked',
  summary: 'keys whose messages wait in the database',
  usage: '[--limit N | --all]',
  flags: ['limit', 'all'],
  async run({ values }) {
    const clients = await servicesFor(values);
    const limit = limitFrom(values);
    const found = await Promise.all(
      clients.map(async (client) => {
        const { items, next } = await client.pages<Omit<BlockedKey, 'service'>>('/keys/blocked', { limit });
        return { client, items: items.map((item) => ({ service: client.service, ...item })), next };
      }),
    );
    const keys = found.flatMap(({ items }) => items);
    const more = found
      .filter(({ next }) => next !== null)
      .map(({ client }) => `${client.service} has more: --all`);
    const text = keys.length === 0 ? 'No key is blocked.' : table(columns, keys);
    return { json: keys, text: [text, ...more].join('\n') };
  },
};
