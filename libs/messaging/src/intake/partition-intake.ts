import type { ConsumerInfo, JsMsg, StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log/log.ts';
import type { Lease } from '../ownership/fence.ts';
import type { DesiredConsumer } from '../topology/consumer-config.ts';
import { ConsumerProbe } from './consumer-probe.ts';
import { DeliveryGeneration } from '../message/delivery-generation.ts';
import { receiveMessage, type ReceivedMessage } from '../message/received-message.ts';
import type { IntakePosition, Position } from './intake-position.ts';
import { intakeStart, type RemovedRange } from './intake-start.ts';
import { PullLoop } from './pull-loop.ts';

/** How often it is remembered how far the stream is done, in answers of the probe: each half minute. */
const REMEMBER_EACH = 15;

export interface PartitionIntakeOptions {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  lease: Pick<Lease, 'suspicious'>;
  /** How far the stream is done, for a start in which the broker knows less. */
  position: Pick<IntakePosition, 'load' | 'save'>;
  onMessage: (held: ReceivedMessage) => void;
  /** These were removed from the stream before they were handled, as far as they are of this partition and its handlers. */
  onRemoved: (removed: RemovedRange) => void;
}

/**
 * Takes one partition of one stream in order. At each start the durable consumer is reset to its ack floor, which
 * numbers its deliveries from 1 again, and only a gapless run of these numbers is accepted: a gap means that somebody
 * else's pull took a message, or that one was lost on the way, and what follows it would be out of order. Then it is
 * reset again. What was handled meanwhile comes again and is recognised by the inbox. Deliveries of an earlier start are
 * not answered any more.
 */
export class PartitionIntake {
  readonly #options: PartitionIntakeOptions;
  readonly #loop: PullLoop;
  #accepted = 0;
  /** Up to this stream sequence messages may have been in flight when the last owner ended. */
  #suspectUpTo: number | undefined;
  #lastSequence = 0;
  #generation = new DeliveryGeneration();
  #created = '';
  #known: Position | undefined;
  #answers = 0;
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
      onStart: (info) => this.#begin(info),
      prepare: (info) => this.#reset(info),
      onMessage: (message) => this.#accept(message),
    });
    this.#probe = new ConsumerProbe({
      broker,
      stream,
      consumer,
      log,
      pulling: () => this.#loop.pulling,
      onInfo: (info) => this.#onInfo(info),
    });
  }

  get pulling(): boolean {
    return this.#loop.pulling;
  }

  /** Messages that wait at the broker, at most 2 s ago. */
  get pending(): number {
    return this.#probe.pending;
  }

  /** Something of what ran when the last owner ended may still be to come. */
  get expectsSuspects(): boolean {
    if (!this.#options.lease.suspicious) return false;
    return this.#suspectUpTo === undefined || (this.#lastSequence < this.#suspectUpTo && this.pending > 0);
  }

  /** Why nothing more is taken, or undefined. */
  get held(): string | undefined {
    return this.#loop.held;
  }

  hold(reason: string): void {
    this.#loop.hold(reason);
  }

  resume(): void {
    this.#loop.resume();
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

  /** From here on the deliveries before are those of another start, and perhaps of another stream. */
  #begin({ created }: StreamInfo): void {
    this.#generation.end();
    this.#generation = new DeliveryGeneration();
    // Sequences of another stream say nothing.
    if (this.#created !== '' && this.#created !== created) this.#suspectUpTo = 0;
    this.#created = created;
  }

  async #reset(info: StreamInfo): Promise<void> {
    const { broker, stream, consumer, lease } = this.#options;
    const name = consumer.durable_name ?? '';
    const found = await broker.manager.consumers.info(stream, name);
    this.#probe.learn(found);
    this.#suspectUpTo ??= lease.suspicious ? found.delivered.stream_seq : 0;
    const start = intakeStart(info, found, await this.#position());
    if (start.removed !== undefined) await this.#report(start.removed);
    if (start.fromFirst) await this.#startFromFirst(info);
    else await broker.manager.consumers.reset(stream, name);
    this.#accepted = 0;
    this.#lastSequence = 0;
    this.#suspectedTail = undefined;
  }

  /** While the database is away: as last known here. */
  async #position(): Promise<Position | undefined> {
    try {
      this.#known = await this.#options.position.load();
    } catch (error) {
      const { stream, log } = this.#options;
      log.debug({ stream, error: String(error) }, 'The position of an intake could not be read');
    }
    return this.#known;
  }

  async #startFromFirst({ created, state }: StreamInfo): Promise<void> {
    const { broker, stream, consumer, position, log } = this.#options;
    log.warn(
      { stream, consumer: consumer.durable_name, lastSequence: state.last_seq },
      'The stream ends before what was acknowledged: it was put back. All of it is taken again; what was handled is recognised',
    );
    this.#suspectUpTo = 0;
    await broker.manager.consumers.reset(stream, consumer.durable_name ?? '', Math.max(state.first_seq, 1));
    this.#known = { incarnation: created, sequence: Math.max(state.first_seq - 1, 0) };
    await position.save(this.#known, true);
  }

  async #report(removed: RemovedRange): Promise<void> {
    const { stream, consumer, position, log, onRemoved } = this.#options;
    const fields = { stream, consumer: consumer.durable_name, ...removed };
    log.error(
      { ...fields, atMost: removed.to - removed.from + 1 },
      'Messages were removed from the stream before they were handled: look for their events in the outbox of their publisher, or in a backup',
    );
    onRemoved(removed);
    // Said once.
    await position.save({ incarnation: this.#created, sequence: removed.to });
  }

  #accept(message: JsMsg): void {
    const number = message.info.deliverySequence;
    if (number !== this.#accepted + 1) {
      this.#loop.restart(`delivery ${String(number)} came after ${String(this.#accepted)}`);
      return;
    }
    this.#accepted = number;
    this.#lastSequence = message.seq;
    const held = receiveMessage(message, this.#generation);
    if (held !== undefined) {
      // Whether it was handled then is found out before it runs.
      if (this.#options.lease.suspicious && message.seq <= (this.#suspectUpTo ?? 0)) held.suspect = true;
      this.#options.onMessage(held);
    } else
      this.#options.log.error(
        { subject: message.subject },
        'Skipping message: its subject does not match <prefix>.<partition>.<key>.<event>',
      );
  }

  #onInfo(info: ConsumerInfo): void {
    this.#compareTail(info);
    if (this.#answers++ % REMEMBER_EACH === 0) void this.#lookAtStream();
  }

  /** Remembers that everything so far is done, and notices a stream that lost its end under a connection that stayed. */
  async #lookAtStream(): Promise<void> {
    const { broker, stream, consumer, position, log } = this.#options;
    try {
      // In this order: what comes in between is waiting by then.
      const { created, state } = await broker.manager.streams.info(stream);
      const info = await broker.manager.consumers.info(stream, consumer.durable_name ?? '');
      if (!this.#loop.pulling || created !== this.#created) return;
      if (state.last_seq < this.#lastSequence) {
        // The position stays as it is: it tells the next start that the stream was put back.
        this.#loop.restart('the stream ends before what was delivered');
        return;
      }
      const isDone = info.num_pending === 0 && info.num_ack_pending === 0;
      const sequence = isDone ? state.last_seq : info.ack_floor.stream_seq;
      if (sequence <= state.last_seq) await position.save({ incarnation: created, sequence });
    } catch (error) {
      log.debug({ stream, error: String(error) }, 'The position of an intake could not be remembered');
    }
  }

  /** A gap with nothing behind it shows only at the broker: it has delivered more than we have seen, twice in a row. */
  #compareTail(info: ConsumerInfo): void {
    const delivered = info.delivered.consumer_seq;
    if (delivered === this.#accepted) this.#suspectedTail = undefined;
    else if (this.#suspectedTail === this.#accepted) this.#loop.restart('deliveries are missing at the end');
    else this.#suspectedTail = this.#accepted;
  }
}
