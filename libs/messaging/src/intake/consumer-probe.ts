import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log/log.ts';
import type { DesiredConsumer } from '../topology/consumer-config.ts';

const PROBE_MS = 2_000;

export interface ConsumerProbeParts {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  /** Nothing is asked while this is false: then the answer would be of no use. */
  pulling: () => boolean;
  onInfo?: (info: ConsumerInfo) => void;
}

/** Asks the broker every 2 s how one durable consumer stands. What it cannot be asked stays as it was. */
export class ConsumerProbe {
  readonly #parts: ConsumerProbeParts;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ConsumerProbeParts) {
    this.#parts = parts;
  }

  /** Messages that the broker has for the consumer and has not delivered to anybody, when it was last asked. */
  get pending(): number {
    return this.#pending;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#ask(), PROBE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** For an answer that was had anyway. */
  learn(info: ConsumerInfo): void {
    this.#pending = info.num_pending;
  }

  async #ask(): Promise<void> {
    const { broker, stream, consumer, log, pulling, onInfo } = this.#parts;
    if (!pulling()) return;
    try {
      const info = await broker.manager.consumers.info(stream, consumer.durable_name ?? '');
      this.learn(info);
      onInfo?.(info);
    } catch (error) {
      log.debug({ stream, error: String(error) }, 'Consumer could not be asked');
    }
  }
}
