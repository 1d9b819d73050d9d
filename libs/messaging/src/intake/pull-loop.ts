import type { ConsumerMessages, JsMsg, StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log/log.ts';
import { backoff } from '../timing/backoff.ts';
import { Signal } from '../timing/signal.ts';
import { type DesiredConsumer, ensureConsumer } from '../topology/consumer-config.ts';
import { INTAKE_LIMITS, pullMessagesFor } from './intake-limits.ts';

/** Short, so that a pull request of an instance that has gone does not take messages for long. */
const PULL_EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const MAX_MISSED_HEARTBEATS = 3;
const LEAST_RETRY_MS = 100;
const RETRIES = { firstMs: LEAST_RETRY_MS, lastMs: 1_000 };
/** A pull that has lived this long is a good one. */
const SETTLED_MS = 5_000;
/** The end of a hold is signalled; this is for the case that it was not. */
const HELD_CHECK_MS = 60_000;
/** Old pulls of an instance that has gone may force a few restarts in a row. */
const QUICK_RESTARTS = 5;

export interface PullLoopOptions {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  /** Messages asked for ahead at most. Default 256. */
  pullMessages?: number | undefined;
  /** Runs first at each (re)start, before the consumer is made if need be. */
  onStart: (stream: StreamInfo) => void;
  /** Runs before each (re)start of the pulling, after the consumer is known to exist. */
  prepare: (stream: StreamInfo) => Promise<void>;
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
  readonly #resume = new Signal();
  #held: string | undefined;
  #messages: ConsumerMessages | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;
  #pulling = false;

  constructor(options: PullLoopOptions) {
    this.#options = options;
  }

  /** True while a pull is under way, or is held up on purpose; false when cut off, or between two tries. */
  get pulling(): boolean {
    return this.#pulling || this.#held !== undefined;
  }

  /** Why nothing more is taken, or undefined. */
  get held(): string | undefined {
    return this.#held;
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

  /** Takes nothing more until `resume`. Then it starts over. */
  hold(reason: string): void {
    if (this.#stopped || this.#held !== undefined) return;
    const { stream, consumer, log } = this.#options;
    log.debug(
      { stream, consumer: consumer.durable_name, reason },
      'Intake is held up: nothing more is taken',
    );
    this.#held = reason;
    this.#quiet();
    this.#restart.set();
  }

  resume(): void {
    if (this.#held === undefined) return;
    this.#held = undefined;
    this.#resume.set();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#quiet();
    this.#resume.set();
    this.#restart.set();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      if (this.#held !== undefined) {
        await this.#resume.wait(HELD_CHECK_MS);
        failures = 0;
        continue;
      }
      const triedAt = performance.now();
      try {
        await this.#pull();
        const startedAt = performance.now();
        await this.#restart.wait(2 ** 31 - 1);
        // A pull that ends as soon as it has begun must not be started over in a tight loop.
        failures = performance.now() - startedAt < SETTLED_MS ? failures + 1 : 0;
        if (failures > QUICK_RESTARTS) await this.#restart.wait(backoff(failures - QUICK_RESTARTS, RETRIES));
      } catch (error) {
        this.#fail(++failures, error);
        // A try that waited in vain for an answer, as without a leader, has been a pause already.
        const pauseMs = backoff(failures, RETRIES) - (performance.now() - triedAt);
        await this.#restart.wait(Math.max(pauseMs, LEAST_RETRY_MS));
      }
      this.#quiet();
    }
  }

  async #pull(): Promise<void> {
    const { broker, stream, consumer, pullMessages = INTAKE_LIMITS.pullMessages } = this.#options;
    const { onStart, prepare, onMessage } = this.#options;
    const info = await broker.manager.streams.info(stream);
    onStart(info);
    await ensureConsumer(broker.manager, stream, consumer);
    await prepare(info);
    const pull = await broker.client.consumers.get(stream, consumer.durable_name ?? '');
    if (this.#stopped || this.#held !== undefined) return;
    const messages = await pull.consume({
      max_messages: pullMessagesFor(info.state, pullMessages),
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
