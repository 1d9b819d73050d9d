import type { ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log.ts';
import type { DesiredConsumer } from '../topology/consumer-config.ts';
import { ConsumerProbe } from './consumer-probe.ts';
import { holdMessage, type HeldMessage } from './held-message.ts';
import { PullLoop } from './pull-loop.ts';

/**
 * Messages handled alone after a crash, at most. What ran then is among the first of its partition; should one that
 * ends the process come later, the next takeover finds it nearer to the front.
 */
const MAX_SUSPECTS = 128;

export interface PartitionIntakeOptions {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  /** The last owner ended in the middle of something. */
  orphaned: boolean;
  onMessage: (held: HeldMessage) => void;
}

/**
 * Takes one partition of one stream in order. At each start the durable consumer is reset to its ack floor, which
 * numbers its deliveries from 1 again, and only a gapless run of these numbers is accepted: a gap means that somebody
 * else's pull took a message, or that one was lost on the way, and what follows it would be out of order. Then it is
 * reset again. What was handled meanwhile comes again and is recognised by the inbox.
 */
export class PartitionIntake {
  readonly #options: PartitionIntakeOptions;
  readonly #loop: PullLoop;
  #accepted = 0;
  /** Up to this stream sequence messages may have been in flight when the last owner ended. */
  #suspectUpTo: number | undefined;
  #suspects = 0;
  #suspectedTail: number | undefined;
  readonly #probe: ConsumerProbe;

  constructor(options: PartitionIntakeOptions) {
    this.#options = options;
    const { broker, stream, consumer, log } = options;
    this.#loop = new PullLoop({
      broker,
      stream,
      consumer,
      log,
      prepare: () => this.#reset(),
      onMessage: (message) => this.#accept(message),
    });
    this.#probe = new ConsumerProbe({
      broker,
      stream,
      consumer,
      log,
      pulling: () => this.#loop.pulling,
      onInfo: (info) => this.#compareTail(info),
    });
  }

  get pulling(): boolean {
    return this.#loop.pulling;
  }

  /** Messages that wait at the broker, at most 2 s ago. */
  get pending(): number {
    return this.#probe.pending;
  }

  start(): void {
    this.#loop.start();
    this.#probe.start();
  }

  restart(reason: string): void {
    this.#loop.restart(reason);
  }

  async stop(): Promise<void> {
    this.#probe.stop();
    await this.#loop.stop();
  }

  async #reset(): Promise<void> {
    const { broker, stream, consumer, orphaned } = this.#options;
    if (this.#suspectUpTo === undefined) {
      const info = await broker.manager.consumers.info(stream, consumer.durable_name ?? '');
      this.#probe.learn(info);
      this.#suspectUpTo = orphaned ? info.delivered.stream_seq : 0;
    }
    await broker.manager.consumers.reset(stream, consumer.durable_name ?? '');
    this.#accepted = 0;
    this.#suspectedTail = undefined;
  }

  #accept(message: JsMsg): void {
    const number = message.info.deliverySequence;
    if (number !== this.#accepted + 1) {
      this.#loop.restart(`delivery ${String(number)} came after ${String(this.#accepted)}`);
      return;
    }
    this.#accepted = number;
    const held = holdMessage(message, this.#isSuspect(message));
    if (held !== undefined) this.#options.onMessage(held);
    else
      this.#options.log.error(
        { subject: message.subject },
        'A stored subject is not of the form of its stream',
      );
  }

  #isSuspect(message: JsMsg): boolean {
    if (message.seq > (this.#suspectUpTo ?? 0) || this.#suspects >= MAX_SUSPECTS) return false;
    this.#suspects++;
    return true;
  }

  /** A gap with nothing behind it shows only at the broker: it has delivered more than we have seen, twice in a row. */
  #compareTail(info: ConsumerInfo): void {
    const delivered = info.delivered.consumer_seq;
    if (delivered === this.#accepted) this.#suspectedTail = undefined;
    else if (this.#suspectedTail === this.#accepted) this.#loop.restart('deliveries are missing at the end');
    else this.#suspectedTail = this.#accepted;
  }
}
