import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { streamSubjects } from './subject.ts';

export const NANOS_PER_MS = 1_000_000;
const DAY_MS = 86_400_000;

/** How long business facts are kept by the broker. The inbox remembers longer, so that none takes effect twice. */
export const STREAM_MAX_AGE_MS = 7 * DAY_MS;
export const DEAD_LETTER_MAX_AGE_MS = 30 * DAY_MS;
const DUPLICATE_WINDOW_MS = 120_000;

export const METADATA = { owner: 'orderflow.owner', partitions: 'orderflow.partitions' } as const;

/** Copies of dead letters of every service: `dead.<consumer>.<key>`. */
export const DEAD_LETTERS: StreamDefinition = Object.freeze({
  name: 'DEAD_LETTERS',
  prefix: 'dead',
  owner: 'messaging',
});

export interface StreamSettings {
  partitions: number;
  replicas: number;
  /** Size limit of one stream in bytes; a full stream refuses and the outbox keeps. */
  maxBytes: number;
}

/** What a stream must look like. Only these fields are compared and updated; others are the operator's. */
export type DesiredStream = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'max_age'
  | 'max_bytes'
  | 'duplicate_window'
  | 'num_replicas'
> &
  Pick<StreamConfig, 'subject_transform' | 'metadata' | 'allow_direct' | 'allow_atomic'>;

export function desiredStream(stream: StreamDefinition, settings: StreamSettings): DesiredStream {
  const subjects = streamSubjects(stream);
  const dead = stream.name === DEAD_LETTERS.name;
  return {
    name: stream.name,
    subjects: [subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // Never `old`: a full stream must refuse, not forget.
    discard: DiscardPolicy.New,
    max_age: (dead ? DEAD_LETTER_MAX_AGE_MS : STREAM_MAX_AGE_MS) * NANOS_PER_MS,
    max_bytes: settings.maxBytes,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOS_PER_MS,
    num_replicas: settings.replicas,
    allow_direct: true,
    // The relay publishes what waits for one key as a batch.
    ...(dead ? {} : { allow_atomic: true }),
    ...(dead ? {} : { subject_transform: partitionTransform(stream, settings.partitions) }),
    metadata: {
      [METADATA.owner]: stream.owner,
      ...(dead ? {} : { [METADATA.partitions]: String(settings.partitions) }),
    },
  };
}

// In the stream, not in the publisher, so that whoever publishes lands in the right partition.
function partitionTransform(stream: StreamDefinition, partitions: number): { src: string; dest: string } {
  return {
    src: streamSubjects(stream),
    dest: `${stream.prefix}.{{partition(${String(partitions)},1)}}.{{wildcard(1)}}.{{wildcard(2)}}`,
  };
}
