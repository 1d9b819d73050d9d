import type { ConsumerInfo, JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { Inject, Injectable } from '@nestjs/common';
import { isStreamNotFound } from '../broker/api-error.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { partitionResource, RELAY_RESOURCE } from '../topology/resource.ts';
import { DEAD_LETTERS, METADATA } from '../topology/stream-config.ts';
import type { ConsumerResponse, InstanceResponse, StreamResponse } from './broker.responses.ts';
import { OutboxView } from '../observability/outbox-view.ts';

const NANOS_PER_MS = 1_000_000;

/** What the broker says about the streams that this service owns or reads, and about its consumers. */
@Injectable()
export class BrokerView {
  readonly #runtime: MessagingRuntime;
  readonly #tables: OutboxView;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime, @Inject(OutboxView) tables: OutboxView) {
    this.#runtime = runtime;
    this.#tables = tables;
  }

  instance(): InstanceResponse {
    const { service, instance, partitions } = this.#runtime.options;
    return { service, instance, partitions };
  }

  /** A stream that does not exist (yet) is left out. @throws MessagingError `BROKER_UNREACHABLE` */
  async streams(): Promise<StreamResponse[]> {
    const infos = await this.#ask((manager) =>
      Promise.all([...this.#streamNames(), DEAD_LETTERS.name].map((name) => streamInfo(manager, name))),
    );
    return infos.filter((info) => info !== undefined).map((info) => this.#streamOf(info));
  }

  /** @throws MessagingError `BROKER_UNREACHABLE` */
  async consumers(): Promise<ConsumerResponse[]> {
    const owners = await this.#tables.owners();
    const perStream = await this.#ask((manager) =>
      Promise.all(this.#streamNames().map((name) => consumerInfos(manager, name))),
    );
    const found = perStream.flat().map((info) => this.#consumerOf(info, owners));
    return found.filter((consumer) => consumer !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #streamNames(): string[] {
    const { options, instance } = this.#runtime;
    const read = instance?.router.sources().map((source) => source.stream.name) ?? [];
    return [...new Set([...options.streams.map((stream) => stream.name), ...read])];
  }

  #streamOf({ config, state, cluster }: StreamInfo): StreamResponse {
    const owner = config.metadata?.[METADATA.owner] ?? 'unknown';
    return {
      name: config.name,
      owner,
      owned: owner === this.#runtime.options.service,
      messages: state.messages,
      bytes: state.bytes,
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
      replicas: config.num_replicas,
      leader: cluster?.leader ?? null,
      consumers: state.consumer_count,
      limits: {
        maxAgeMs: config.max_age / NANOS_PER_MS,
        maxBytes: config.max_bytes,
        maxMessages: config.max_msgs,
      },
    };
  }

  /** Undefined for those of other services. */
  #consumerOf(info: ConsumerInfo, owners: ReadonlyMap<string, string>): ConsumerResponse | undefined {
    const { name, stream_name: stream } = info;
    const place = this.#placeOf(name, stream);
    if (place === undefined) return undefined;
    const owner = owners.get(resourceOf(place) ?? '');
    const { num_pending: pending, num_ack_pending: ackPending, num_redelivered: redelivered } = info;
    return { name, stream, ...place, pending, ackPending, redelivered, owner: owner ?? null };
  }

  #placeOf(name: string, stream: string): Pick<ConsumerResponse, 'kind' | 'partition'> | undefined {
    const { options, instance } = this.#runtime;
    const prefix = `${options.service}-${stream}-`;
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(rest)) return { kind: 'ordered', partition: Number(rest) };
    if (rest.startsWith('unrouted-')) return { kind: 'unrouted', partition: null };
    const groups = instance?.router.routes.map((route) => route.group) ?? [];
    const isGroup = groups.some((group) => group !== undefined && name === `${options.service}-${group}`);
    return isGroup ? { kind: 'shared', partition: null } : undefined;
  }

  async #ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const { broker } = this.#runtime;
    if (broker === undefined) throw unreachable();
    try {
      return await question(broker.manager);
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

/** What the owner of the consumer holds; undefined when all instances share it. */
function resourceOf({ kind, partition }: Pick<ConsumerResponse, 'kind' | 'partition'>): string | undefined {
  if (kind === 'unrouted') return RELAY_RESOURCE;
  return partition === null ? undefined : partitionResource(partition);
}

async function streamInfo(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isStreamNotFound(error)) return undefined;
    throw error;
  }
}

async function consumerInfos(manager: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  try {
    const infos: ConsumerInfo[] = [];
    for await (const info of manager.consumers.list(stream)) infos.push(info);
    return infos;
  } catch (error) {
    if (isStreamNotFound(error)) return [];
    throw error;
  }
}

function unreachable(cause?: unknown): MessagingError {
  return new MessagingError('BROKER_UNREACHABLE', 'The NATS server does not answer.', {
    remedy: 'See /health/messaging, and try again.',
    cause,
  });
}
