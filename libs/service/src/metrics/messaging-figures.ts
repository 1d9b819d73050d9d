import type { MessagingMetrics, ProcessFigures, StoredFigures, StreamFill } from '@orderflow/messaging';
import { Counter, Gauge, type Registry } from 'prom-client';
import { inTime } from '../process/in-time.ts';

const ASK_MS = 1_000;

interface Figure<T> {
  name: string;
  help: string;
  value: (figures: T) => number;
}

const counters: readonly Figure<ProcessFigures>[] = [
  {
    name: 'orderflow_messages_settled_total',
    help: 'Messages acknowledged: handled, seen before, parked or dead.',
    value: ({ counts }) => counts.settled,
  },
  {
    name: 'orderflow_message_retries_total',
    help: 'Failed attempts that are followed by another one.',
    value: ({ counts }) => counts.retried,
  },
  {
    name: 'orderflow_deferred_total',
    help: 'Messages that were moved to the database to wait there.',
    value: ({ counts }) => counts.deferred,
  },
  {
    name: 'orderflow_dead_letters_total',
    help: 'Messages that failed for good.',
    value: ({ counts }) => counts.dead,
  },
  {
    name: 'orderflow_removed_unhandled_total',
    help: 'Messages that a stream removed before a partition had handled its own; at most so many of them were its own.',
    value: ({ counts }) => counts.removedUnhandled,
  },
  {
    name: 'orderflow_batches_total',
    help: 'Transactions of ordered handling.',
    value: ({ counts }) => counts.batches,
  },
  {
    name: 'orderflow_batch_messages_total',
    help: 'Messages in those transactions.',
    value: ({ counts }) => counts.batchMessages,
  },
  {
    name: 'orderflow_batch_seconds_total',
    help: 'Time that those transactions took.',
    value: ({ counts }) => counts.batchMs / 1000,
  },
  {
    name: 'orderflow_published_total',
    help: 'Publications that a stream acknowledged.',
    value: ({ published }) => published,
  },
];

const gauges: readonly Figure<ProcessFigures>[] = [
  {
    name: 'orderflow_publishes_in_flight',
    help: 'Publications that wait for their acknowledgement.',
    value: ({ inFlight }) => inFlight,
  },
  {
    name: 'orderflow_differing_instances',
    help: 'Instances that handle other events than this one: 0 but for rolling deploys.',
    value: ({ differingInstances }) => differingInstances,
  },
  {
    name: 'orderflow_broker_silence_seconds',
    help: 'For how long the broker has not answered this instance.',
    value: ({ brokerSilenceMs }) => brokerSilenceMs / 1000,
  },
  { name: 'orderflow_held_messages', help: 'Messages taken and not yet settled.', value: ({ held }) => held },
  {
    name: 'orderflow_held_bytes',
    help: 'Bytes of messages taken from the streams and not yet settled.',
    value: ({ heldBytes }) => heldBytes,
  },
  {
    name: 'orderflow_held_up_partitions',
    help: 'Partitions of which nothing more is taken for now, because too many bytes are held.',
    value: ({ heldUpPartitions }) => heldUpPartitions,
  },
  {
    name: 'orderflow_lag_messages',
    help: 'Messages that wait at the broker for this instance and its queue groups.',
    value: ({ lag }) => lag,
  },
  {
    name: 'orderflow_owned_partitions',
    help: 'Partitions whose lease this instance holds.',
    value: ({ ownedPartitions }) => ownedPartitions,
  },
  {
    name: 'orderflow_intake_paused',
    help: '1 while the database or the broker is away.',
    value: ({ paused }) => Number(paused),
  },
  {
    name: 'orderflow_relay_running',
    help: '1 on the instance that publishes the outbox of its service.',
    value: ({ relaying }) => Number(relaying),
  },
];

const stored: readonly Figure<StoredFigures>[] = [
  {
    name: 'orderflow_outbox_unpublished',
    help: 'Events that could be published and are not; 10000 stands for as many or more.',
    value: ({ unpublished }) => unpublished,
  },
  {
    name: 'orderflow_outbox_delayed',
    help: 'Events that are not to be published yet.',
    value: ({ delayed }) => delayed,
  },
  {
    name: 'orderflow_outbox_oldest_seconds',
    help: 'Age of the oldest event that could be published.',
    value: ({ oldestMs }) => oldestMs / 1000,
  },
  {
    name: 'orderflow_refused_events',
    help: 'Events that the broker refuses permanently. Each holds up its key until an operator decides.',
    value: ({ refused }) => refused,
  },
  {
    name: 'orderflow_dead_letters',
    help: 'Dead letters that nobody has repaired; 10000 stands for as many or more.',
    value: ({ dead }) => dead,
  },
  {
    name: 'orderflow_parked_messages',
    help: 'Messages that wait behind a dead letter of their key, of 10000 keys at most.',
    value: ({ waiting }) => waiting,
  },
  {
    name: 'orderflow_deferred_messages',
    help: 'Messages that wait in the database for a retry or a dependency, or behind such a message, of 10000 keys at most.',
    value: ({ deferred }) => deferred,
  },
];

const streams: readonly Figure<StreamFill>[] = [
  { name: 'orderflow_stream_bytes', help: 'Size of a stream.', value: ({ bytes }) => bytes },
  {
    name: 'orderflow_stream_fill_ratio',
    help: 'How full a stream is, of its nearest limit in bytes or messages. At 1 it refuses new messages.',
    value: ({ ratio }) => ratio,
  },
];

/** Asked for when Prometheus comes, not before. */
export function exposeMessaging(registry: Registry, messaging: MessagingMetrics): void {
  const registers = [registry];
  for (const { name, help, value } of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(messaging.ofProcess()));
      },
    });
  }
  for (const { name, help, value } of gauges)
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(messaging.ofProcess()));
      },
    });
  const ask = oneAtATime(() => messaging.ofService());
  const askStreams = oneAtATime(() => messaging.ofStreams());
  for (const { name, help, value } of stored) {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const figures = await ask();
        // No sample rather than an old one, or a 0 that looks like health.
        if (figures === undefined) this.remove();
        else this.set(value(figures));
      },
    });
  }
  for (const { name, help, value } of streams) {
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['stream'],
      async collect() {
        const fills = await askStreams();
        this.reset();
        for (const fill of fills ?? []) this.set({ stream: fill.stream }, value(fill));
      },
    });
  }
}

/** Undefined when there is no answer in time. A stuck question is not asked again: each would take a connection. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T | undefined> {
  let pending: Promise<T | undefined> | undefined;
  return async () => {
    pending ??= work()
      .catch(() => undefined) // Readiness says what is away.
      .finally(() => (pending = undefined));
    return await inTime(ASK_MS, pending);
  };
}
