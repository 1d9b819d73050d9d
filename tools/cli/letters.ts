import type { AdminClient } from './admin-client.ts';
import { numberFrom, type FlagValues } from './flags.ts';
import { age, type Column, table } from './table.ts';

/** What the routes say of a dead letter; see the OpenAPI page of any service. */
export interface Letter {
  id: number;
  consumer: string;
  key: string;
  messageId: string;
  stream: string;
  sequence: number;
  subject: string;
  reason: string | null;
  attempts: number;
  deaths: number;
  state: string;
  behind: number;
  parkedAt: string;
}

export interface LetterDetail extends Letter {
  headers: Record<string, string>;
  body: string;
  bodyEncoding: 'utf8' | 'base64';
  history: { at: string; error: string }[];
  interventions: { at: string; who: string; why: string; action: string }[];
}

export interface ListedLetter extends Letter {
  service: string;
}

export interface FoundLetters {
  client: AdminClient;
  letters: ListedLetter[];
  next: number | string | null;
}

const columns: readonly Column<ListedLetter>[] = [
  { title: 'SERVICE', cell: ({ service }) => service },
  { title: 'ID', cell: ({ id }) => id, right: true },
  { title: 'CONSUMER', cell: ({ consumer }) => consumer, shrinkTo: 8 },
  { title: 'KEY', cell: ({ key }) => key, shrinkTo: 8 },
  {
    title: 'EVENT',
    cell: (letter) => `${letter.stream}/${letter.subject.split('.').at(-1) ?? ''}`,
    shrinkTo: 12,
  },
  { title: 'TRIES', cell: ({ attempts }) => attempts, right: true },
  { title: 'BEHIND', cell: ({ behind }) => behind, right: true },
  { title: 'AGE', cell: ({ parkedAt }) => age(Date.now() - Date.parse(parkedAt)), right: true },
  { title: 'REASON', cell: ({ reason }) => reason, shrinkTo: 10 },
];

export const letterTable = (letters: readonly ListedLetter[]): string => table(columns, letters);

export function filterFrom({ consumer, key, stream }: FlagValues): Record<string, string | undefined> {
  return { consumer, key, stream };
}

const DEFAULT_LIMIT = 50;

/** Undefined: all. */
export function limitFrom({ all, limit }: FlagValues): number | undefined {
  if (limit !== undefined) return numberFrom('--limit', limit);
  return all === true ? undefined : DEFAULT_LIMIT;
}

export async function findLetters(
  clients: readonly AdminClient[],
  page: { filter: Record<string, string | undefined>; after?: string | undefined; limit: number | undefined },
): Promise<FoundLetters[]> {
  return await Promise.all(
    clients.map(async (client) => {
      const { items, next } = await client.pages<Letter>('/dead-letters', page);
      return { client, letters: items.map((letter) => ({ service: client.service, ...letter })), next };
    }),
  );
}
