import type { AdminClient } from '../admin-client.ts';
import type { Command } from '../command.ts';
import { servicesFor } from '../services.ts';
import { age, bytes, type Column, table } from '../table.ts';

interface Stream {
  name: string;
  owner: string;
  messages: number;
  bytes: number;
  firstSequence: number;
  lastSequence: number;
  replicas: number;
  leader: string | null;
  consumers: number;
  limits: { maxAgeMs: number; maxBytes: number };
}

interface Consumer {
  service: string;
  name: string;
  stream: string;
  partition: number | null;
  pending: number;
  ackPending: number;
  redelivered: number;
  owner: string | null;
}

interface Outbox {
  service: string;
  unpublished: number;
  delayed: number;
  oldestAgeMs: number | null;
  relay: string | null;
}

const streamColumns: readonly Column<Stream>[] = [
  { title: 'STREAM', cell: ({ name }) => name, shrinkTo: 10 },
  { title: 'OWNER', cell: ({ owner }) => owner, shrinkTo: 8 },
  { title: 'MESSAGES', cell: ({ messages }) => messages, right: true },
  { title: 'SIZE', cell: (stream) => bytes(stream.bytes), right: true },
  { title: 'FIRST', cell: ({ firstSequence }) => firstSequence, right: true },
  { title: 'LAST', cell: ({ lastSequence }) => lastSequence, right: true },
  { title: 'REPLICAS', cell: ({ replicas }) => replicas, right: true },
  { title: 'LEADER', cell: ({ leader }) => leader ?? '-', shrinkTo: 6 },
  {
    title: 'KEPT',
    cell: ({ limits }) => (limits.maxAgeMs === 0 ? 'for good' : age(limits.maxAgeMs)),
    right: true,
  },
  { title: 'LIMIT', cell: ({ limits }) => bytes(limits.maxBytes), right: true },
];

const consumerColumns: readonly Column<Consumer>[] = [
  { title: 'CONSUMER', cell: ({ name }) => name, shrinkTo: 16 },
  { title: 'STREAM', cell: ({ stream }) => stream, shrinkTo: 10 },
  { title: 'LAG', cell: ({ pending }) => pending, right: true },
  { title: 'UNACKED', cell: ({ ackPending }) => ackPending, right: true },
  { title: 'REDELIVERED', cell: ({ redelivered }) => redelivered, right: true },
  { title: 'OWNER', cell: ({ owner }) => owner, shrinkTo: 12 },
];

const outboxColumns: readonly Column<Outbox>[] = [
  { title: 'SERVICE', cell: ({ service }) => service, shrinkTo: 8 },
  { title: 'UNPUBLISHED', cell: ({ unpublished }) => unpublished, right: true },
  {
    title: 'OLDEST',
    cell: ({ oldestAgeMs }) => (oldestAgeMs === null ? '-' : age(oldestAgeMs)),
    right: true,
  },
  { title: 'DELAYED', cell: ({ delayed }) => delayed, right: true },
  { title: 'RELAY', cell: ({ relay }) => relay, shrinkTo: 12 },
];

export const streams: Command = {
  name: 'streams',
  summary: 'streams that the services own or read',
  usage: '',
  flags: [],
  async run({ values }) {
    const found = await itemsOf<Stream>(await servicesFor(values), '/streams');
    // Several services read the same stream.
    const byStream = new Map(found.map(({ service: _, ...stream }) => [stream.name, stream]));
    const all = [...byStream.values()].sort(byName);
    return { json: all, text: table(streamColumns, all) };
  },
};

export const consumers: Command = {
  name: 'consumers',
  summary: 'durable consumers: how far behind they are, and which instance holds them',
  usage: '',
  flags: [],
  async run({ values }) {
    const all = await itemsOf<Omit<Consumer, 'service'>>(await servicesFor(values), '/consumers');
    return { json: all, text: table(consumerColumns, all) };
  },
};

export const outbox: Command = {
  name: 'outbox',
  summary: 'events that are not yet published',
  usage: '',
  flags: [],
  async run({ values }) {
    const clients = await servicesFor(values);
    const all = await Promise.all(
      clients.map(async (client) => ({
        service: client.service,
        ...(await client.get<Omit<Outbox, 'service'>>('/outbox')),
      })),
    );
    return { json: all, text: table(outboxColumns, all) };
  },
};

async function itemsOf<Item extends object>(
  clients: readonly AdminClient[],
  path: string,
): Promise<(Item & { service: string })[]> {
  const perService = await Promise.all(
    clients.map(async (client) => {
      const { items } = await client.get<{ items: Item[] }>(path);
      return items.map((item) => ({ ...item, service: client.service }));
    }),
  );
  return perService.flat();
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
