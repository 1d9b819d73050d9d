import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log.ts';
import { Signal } from '../signal.ts';
import { type DesiredConsumer, ensureConsumer } from '../topology/consumer-config.ts';

/** Short, so that a pull request of an instance that has gone does not take messages for long. */
const PULL_EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const MAX_MISSED_HEARTBEATS = 3;
/** Messages asked for ahead, unless told otherwise. */
const PULL_MESSAGES = 256;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 1_000;
/** A pull that has lived this long is a good one. */
const SETTLED_MS = 5_000;
/** Old pulls of an instance that has gone may force a few restarts in a row. */
const QUICK_RESTARTS = 5;

export interface PullLoopOptions {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  /** Messages asked for ahead at most. Default 256. */
  pullMessages?: number | undefined;
  /** Runs before each (re)start of the pulling, after the consumer is known to exist. */
  prepare: () => Promise<void>;
  /** Must not block and must not be async: the client would not wait. */
  onMessage: (message: JsMsg) => void;
}

/**
 * Keeps pulling from one durable consumer until it is stopped: through reconnects, lost heartbeats, and a consumer or
 * stream that was deleted (it is made again). Uses the callback form of the client; the iterator is 2.5 times slower.
 */
export class PullLoop {
  readonly #options: PullLoopOptions;
  readonly #restart = new Signal();
  #messages: ConsumerMessages | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;
  #pulling = false;

  constructor(options: PullLoopOptions) {
    this.#options = options;
  }

  /** True while a pull is under way; false when cut off, or between two tries. */
  get pulling(): boolean {
    return this.#pulling;
  }

  start(): void {
    this.#stopped = false;
    this.#running = this.#run();
  }

  /** Starts over, with `prepare`. What was under way is dropped; the broker delivers it again. */
  restart(reason: string): void {
    if (this.#stopped) return;
    const { stream, consumer, log } = this.#options;
    log.info({ stream, consumer: consumer.durable_name, reason }, 'Intake starts over');
    this.#quiet();
    this.#restart.set();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#quiet();
    this.#restart.set();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      const triedAt = performance.now();
      try {
        await this.#pull();
        const startedAt = performance.now();
        await this.#restart.wait(2 ** 31 - 1);
        // A pull that ends as soon as it has begun must not be started over in a tight loop.
        failures = performance.now() - startedAt < SETTLED_MS ? failures + 1 : 0;
        if (failures > QUICK_RESTARTS) await this.#restart.wait(backoffMs(failures - QUICK_RESTARTS));
      } catch (error) {
        this.#fail(++failures, error);
        // A try that waited in vain for an answer, as without a leader, has been a pause already.
        const pauseMs = backoffMs(failures) - (performance.now() - triedAt);
        await this.#restart.wait(Math.max(pauseMs, FIRST_RETRY_MS));
      }
      this.#quiet();
    }
  }

  async #pull(): Promise<void> {
    const { broker, stream, consumer, pullMessages = PULL_MESSAGES, prepare, onMessage } = this.#options;
    await ensureConsumer(broker.manager, stream, consumer);
    await prepare();
    const pull = await broker.client.consumers.get(stream, consumer.durable_name ?? '');
    if (this.#stopped) return;
    const messages = await pull.consume({
      max_messages: pullMessages,
      expires: PULL_EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      callback: (message) => {
        // Deliveries of a pull that was given up must not be mistaken for those of the next one.
        if (this.#messages === messages) onMessage(message);
      },
    });
    this.#messages = messages;
    this.#pulling = true;
    void this.#watch(messages);
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      if (this.#messages !== messages) return;
      const missed = status.type === 'heartbeats_missed' && status.count >= MAX_MISSED_HEARTBEATS;
      const gone = ['consumer_deleted', 'consumer_not_found', 'stream_not_found', 'no_responders'].includes(
        status.type,
      );
      if (missed || gone) this.restart(status.type);
    }
    if (this.#messages === messages) this.restart('pull ended');
  }

  #quiet(): void {
    const messages = this.#messages;
    this.#messages = undefined;
    this.#pulling = false;
    messages?.stop();
  }

  #fail(failures: number, error: unknown): void {
    const { stream, consumer, log } = this.#options;
    const fields = { stream, consumer: consumer.durable_name, failures, error: String(error) };
    log.warn(fields, 'Intake cannot start; trying again');
  }
}

function backoffMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS);
}
