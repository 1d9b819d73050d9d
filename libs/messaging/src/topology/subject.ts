import type { StreamDefinition } from '../contract/stream-definition.ts';
import { MessagingError } from '../errors/messaging-error.ts';

/** One token of a subject: no dot, wildcard, white space or control character. */
const KEY = /^[^\s.*>\p{C}]{1,128}$/u;

/** @throws MessagingError `KEY_INVALID` when the key could change the shape of a subject */
export function assertKey(key: string): void {
  if (KEY.test(key)) return;
  throw new MessagingError(
    'KEY_INVALID',
    'A key must be 1 to 128 characters without dots, wildcards or white space.',
    {
      remedy: 'Refuse or encode such keys where they enter the system.',
    },
  );
}

/** Where an event is published: `order.<key>.created`. The stream's transform adds the partition. */
export function publishSubject(stream: StreamDefinition, key: string, event: string): string {
  assertKey(key);
  return `${stream.prefix}.${key}.${event}`;
}

/** What a stream takes in. */
export function streamSubjects(stream: StreamDefinition): string {
  return `${stream.prefix}.*.*`;
}

/** Which stored subjects carry an event of one partition, or of all (`*`). */
export function filterSubject(stream: StreamDefinition, partition: number | '*', event: string): string {
  return `${stream.prefix}.${String(partition)}.*.${event}`;
}

export interface StoredSubject {
  partition: number;
  key: string;
  event: string;
}

/** Reads a subject as stored: `order.<partition>.<key>.<event>`. Undefined for any other form. */
export function parseStoredSubject(subject: string): StoredSubject | undefined {
  const [prefix, partition, key, event, ...rest] = subject.split('.');
  if (prefix === undefined || partition === undefined || key === undefined || event === undefined)
    return undefined;
  if (rest.length > 0 || !/^\d+$/.test(partition)) return undefined;
  return { partition: Number(partition), key, event };
}
