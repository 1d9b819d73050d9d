import { JetStreamApiError, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { isStreamNotFound } from '../broker/api-error.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { pause } from '../timing/within.ts';
import {
  DEAD_LETTERS,
  type DesiredStream,
  desiredStream,
  METADATA,
  type StreamSettings,
  NANOS_PER_MS,
  STREAM_MAX_AGE_MS,
} from './stream-config.ts';
import { diffStream, formatDifferences, impossibleChange } from './stream-diff.ts';

export type ProvisionMode = 'apply' | 'verify';
export type ProvisionOutcome = 'created' | 'updated' | 'unchanged';

const RETRY_MS = 200;
/** nats-server: "stream name already in use". */
const STREAM_EXISTS = 10058;

/** Creates and updates the streams that this service owns, and checks those of others. Never changes a foreign one. */
export class Provisioner {
  readonly #manager: JetStreamManager;
  readonly #settings: StreamSettings;
  readonly #mode: ProvisionMode;

  constructor(manager: JetStreamManager, settings: StreamSettings, mode: ProvisionMode) {
    this.#manager = manager;
    this.#settings = settings;
    this.#mode = mode;
  }

  /**
   * @throws MessagingError `STREAM_FOREIGN` when the stream names another owner, `STREAM_DIFFERS` with the differences
   *   when they cannot be applied, or may not be in mode `verify`; `STREAM_MISSING` in mode `verify`
   */
  async provision(stream: StreamDefinition): Promise<ProvisionOutcome> {
    const wanted = desiredStream(stream, this.#settings);
    const found = await this.find(stream.name);
    if (found === undefined) return await this.#create(stream, wanted);
    assertOwner(found, stream);
    // Every service creates it if need be; its settings are the first one's, or the operator's.
    if (stream.name === DEAD_LETTERS.name) return 'unchanged';
    this.assertPartitions(found);
    const differences = diffStream(found.config, wanted);
    if (differences.length === 0) return 'unchanged';
    const remedies = differences.map(impossibleChange).filter((remedy) => remedy !== undefined);
    if (this.#mode === 'verify' || remedies.length > 0) {
      throw new MessagingError(
        'STREAM_DIFFERS',
        `Stream ${stream.name} differs:\n${formatDifferences(differences)}\n`,
        {
          remedy: remedies[0] ?? 'Start once with provision: apply, or change the stream by hand.',
        },
      );
    }
    const metadata = { ...found.config.metadata, ...wanted.metadata };
    await this.#manager.streams.update(stream.name, { ...wanted, metadata });
    return 'updated';
  }

  /**
   * The stream as it is. Creates it if it is missing, and never changes one that is there: its settings may be the
   * operator's by now.
   *
   * @throws MessagingError `STREAM_FOREIGN`, and `STREAM_MISSING` in mode `verify`
   */
  async ensure(stream: StreamDefinition): Promise<StreamInfo> {
    const found = await this.find(stream.name);
    if (found !== undefined) {
      assertOwner(found, stream);
      return found;
    }
    if (this.#mode === 'verify') throw missing(stream);
    try {
      return await this.#manager.streams.add(desiredStream(stream, this.#settings));
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_EXISTS) throw error;
      return await this.#manager.streams.info(stream.name);
    }
  }

  /** Waits for a stream that another service owns, then checks that it keeps order by the same partitions. */
  async awaitForeign(stream: StreamDefinition, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = await this.find(stream.name);
      if (found !== undefined) {
        this.assertPartitions(found);
        assertRemembered(found);
        return;
      }
      if (performance.now() > deadline) throw missing(stream);
      await pause(RETRY_MS, signal);
    }
  }

  async find(name: string): Promise<StreamInfo | undefined> {
    try {
      return await this.#manager.streams.info(name);
    } catch (error) {
      if (isStreamNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Another count would move almost every key to another partition, and with it out of order. */
  assertPartitions(found: StreamInfo): void {
    const recorded = found.config.metadata?.[METADATA.partitions];
    if (recorded === String(this.#settings.partitions)) return;
    throw new MessagingError(
      'STREAM_DIFFERS',
      `Stream ${found.config.name} has ${recorded ?? 'no recorded'} partitions, this service is set to ${String(this.#settings.partitions)}.`,
      { remedy: 'Use the recorded count; changing it needs a new stream and a drained old one.' },
    );
  }

  async #create(stream: StreamDefinition, wanted: DesiredStream): Promise<ProvisionOutcome> {
    if (this.#mode === 'verify') throw missing(stream);
    try {
      await this.#manager.streams.add(wanted);
      return 'created';
    } catch (error) {
      // Two instances booting side by side: the other one was first, so compare with what it made.
      if (error instanceof JetStreamApiError && error.code === STREAM_EXISTS)
        return await this.provision(stream);
      throw error;
    }
  }
}

/** What is delivered again must be younger than what the inbox forgets, or it would take effect twice. */
function assertRemembered({ config }: StreamInfo): void {
  const maxAgeMs = config.max_age / NANOS_PER_MS;
  if (maxAgeMs > 0 && maxAgeMs <= STREAM_MAX_AGE_MS) return;
  throw new MessagingError(
    'STREAM_DIFFERS',
    `Stream ${config.name} keeps messages longer than the inbox remembers them.`,
    { remedy: `Limit its max_age to ${String(STREAM_MAX_AGE_MS / 86_400_000)} days.` },
  );
}

function assertOwner(found: StreamInfo, stream: StreamDefinition): void {
  const owner = found.config.metadata?.[METADATA.owner];
  if (owner === stream.owner) return;
  throw new MessagingError(
    'STREAM_FOREIGN',
    `Stream ${stream.name} belongs to ${owner ?? 'someone else'}, not to ${stream.owner}.`,
    { remedy: 'Choose another stream name, or delete that stream if nobody needs it.' },
  );
}

function missing(stream: StreamDefinition): MessagingError {
  return new MessagingError('STREAM_MISSING', `Stream ${stream.name} does not exist.`, {
    remedy: `Start the service ${stream.owner}, which owns it, with provision: apply.`,
  });
}
