import type { JsMsg, StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log/log.ts';
import type { DesiredConsumer } from '../topology/consumer-config.ts';
import { ConsumerProbe } from '../intake/consumer-probe.ts';
import { DeadlineExtender } from '../intake/deadline-extender.ts';
import { DeliveryGeneration, StreamIncarnation } from '../message/delivery-generation.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import { receiveMessage, type ReceivedMessage } from '../message/received-message.ts';
import type { MessageLife, Received } from './message-life.ts';
import { PullLoop } from '../intake/pull-loop.ts';
import { isInfrastructureFailure, type Outcome } from './settlement.ts';

interface Running {
  readonly held: ReceivedMessage;
  readonly done: Promise<void>;
}

const UNDECIDED_DELAY_MS = 1_000;
/** A message that has to wait longer than this, or beside so many, waits in the database: at the broker it fills the consumer's window. */
const MAX_DELAY_MS = 1_000;
const MAX_DELAYED = 32;
/** Answers that are remembered: some of their messages are delivered to other instances. */
const MAX_ANSWERED = 1_024;

export interface SharedSubscriptionOptions {
  broker: Broker;
  stream: string;
  consumer: DesiredConsumer;
  log: Log;
  /** Messages that this instance handles at once. */
  concurrency: number;
  /** Entered by whatever runs a handler. */
  gate: ExclusiveGate;
  /** Of its queue group. */
  life: MessageLife;
}

/**
 * A queue group: all instances pull from one durable consumer, each message goes to one of them, in no order. What is
 * tried again soon is answered with a NAK with a delay; a bare NAK would come back at once. What waits longer is moved
 * to the database, and handled from there by the owner of its key's partition.
 *
 * A message that is delivered again although no NAK of this instance asked for it was in the hands of an instance that
 * ended, or that was cut off. It may have ended that one: it is handled with nothing beside it.
 */
export class SharedSubscription {
  readonly #options: SharedSubscriptionOptions;
  readonly #loop: PullLoop;
  readonly #extender: DeadlineExtender;
  readonly #probe: ConsumerProbe;
  readonly #queue: ReceivedMessage[] = [];
  readonly #running: Running[] = [];
  /** They wait for their turn beside those that run. */
  readonly #suspects: Running[] = [];
  /** Stream sequences of messages that this instance gave back. */
  readonly #answered = new Set<number>();
  readonly #end = new AbortController();
  readonly #incarnation = new StreamIncarnation();
  #generation = new DeliveryGeneration();
  /** Messages that wait at the broker because of a NAK of this instance. */
  #delayed = 0;
  #stopping = false;
  #resting = false;

  constructor(options: SharedSubscriptionOptions) {
    this.#options = options;
    const { broker, stream, consumer, log } = options;
    // As many again as are being handled: with all that the consumer may have under way one instance would leave the others none.
    const pullMessages = 2 * options.concurrency;
    const onMessage = (message: JsMsg): void => this.#accept(message);
    const prepare = (): Promise<void> => Promise.resolve();
    const onStart = (info: StreamInfo): void => this.#begin(info);
    this.#loop = new PullLoop({ broker, stream, consumer, log, pullMessages, onStart, prepare, onMessage });
    this.#probe = new ConsumerProbe({ broker, stream, consumer, log, pulling: () => this.#loop.pulling });
    this.#extender = new DeadlineExtender(() => this.#held());
  }

  get pulling(): boolean {
    return this.#loop.pulling;
  }

  /** Messages that wait at the broker for whichever instance is free. */
  get pending(): number {
    return this.#probe.pending;
  }

  start(): void {
    this.#stopping = false;
    this.#loop.start();
    this.#probe.start();
    this.#extender.start();
  }

  /** Begins nothing new while it rests. */
  rest(isResting: boolean): void {
    this.#resting = isResting;
    this.#pump();
  }

  restart(reason: string): void {
    this.#loop.restart(reason);
  }

  /** Gives back what has not begun, and waits for what has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#probe.stop();
    await this.#loop.stop();
    for (const held of this.#queue.splice(0)) this.#tell(held, () => held.delivery.nak());
    this.#end.abort();
    await Promise.all([...this.#running, ...this.#suspects].map(({ done }) => done));
  }

  /** When the connection is about to be closed, whether or not handlers still run. */
  end(): void {
    this.#extender.stop();
  }

  #accept(message: JsMsg): void {
    this.#incarnation.delivered(message);
    const held = receiveMessage(message, this.#generation);
    if (held === undefined) {
      this.#options.log.error(
        { subject: message.subject },
        'Skipping message: its subject does not match <prefix>.<partition>.<key>.<event>',
      );
      return;
    }
    const known = this.#held().find(
      ({ sequence, messageId }) => sequence === held.sequence && messageId === held.messageId,
    );
    const wasAnswered = this.#answered.delete(held.sequence);
    if (known !== undefined) {
      known.delivery = held.delivery;
    } else if (message.redelivered && !wasAnswered) {
      held.suspect = true;
      this.#startSuspect(held, message.info.deliveryCount);
    } else {
      this.#queue.push(held);
      this.#pump();
    }
  }

  /** What was delivered before stays valid, unless the stream is another one. */
  #begin({ created, state }: StreamInfo): void {
    if (!this.#incarnation.changed({ created, last: state.last_seq })) return;
    this.#generation.end();
    this.#generation = new DeliveryGeneration();
    this.#answered.clear();
  }

  #held(): ReceivedMessage[] {
    return [...this.#queue, ...[...this.#running, ...this.#suspects].map(({ held }) => held)];
  }

  readonly #pump = (): void => {
    while (
      !this.#stopping &&
      !this.#resting &&
      this.#running.length < this.#options.concurrency &&
      this.#queue.length > 0
    ) {
      if (!this.#options.gate.enter(this.#pump)) return;
      const held = this.#queue.shift();
      if (held === undefined) return;
      const work = this.#handle({ messages: [held], leases: [] }).finally(() => this.#options.gate.leave());
      this.#track(held, { among: this.#running, work });
    }
  };

  #startSuspect(held: ReceivedMessage, deliveries: number): void {
    const release = this.#end.signal;
    const work = this.#handle({ messages: [held], leases: [], release, deliveries }).then((outcome) => {
      const isCleared = outcome === undefined && held.suspect === false;
      if (isCleared && !this.#stopping) this.#queue.push(held);
      return outcome;
    });
    this.#track(held, { among: this.#suspects, work });
  }

  /** Undefined when nothing was decided about the message. */
  async #handle(received: Received): Promise<Outcome | undefined> {
    const [outcome] = (await this.#options.life.run(received)).values();
    return outcome;
  }

  /** On a connection that has been closed the client throws; the message comes again and is recognised. */
  #tell({ subject }: { subject: string }, answer: () => void): void {
    try {
      answer();
    } catch (error) {
      this.#options.log.debug(
        { subject, error: String(error) },
        'A queue-group message could not be answered; it will be delivered again',
      );
    }
  }

  /** @param outcome undefined when nothing was decided: it is handled later, or by another instance */
  async #settle(held: ReceivedMessage, outcome: Outcome | undefined): Promise<void> {
    if (outcome === undefined) {
      if (this.#stopping) this.#tell(held, () => held.delivery.nak());
      return;
    }
    if (outcome.state === 'settled') return;
    const { forMs, dependency = '' } = outcome;
    const isShort = outcome.dependency === undefined && forMs <= MAX_DELAY_MS;
    if (isShort && this.#delayed < MAX_DELAYED) {
      this.#delay(held, forMs);
      return;
    }
    const wait = { delayMs: dependency === '' ? forMs : 0, dependency };
    const { key, partition } = held;
    await this.#options.life.defer({ key, partition, leases: [], messages: [held], wait });
    this.#tell(held, () => held.delivery.ack());
  }

  #delay(held: ReceivedMessage, forMs: number): void {
    this.#delayed++;
    setTimeout(() => this.#delayed--, forMs).unref();
    this.#giveBack(held, forMs);
  }

  #giveBack(held: ReceivedMessage, forMs: number): void {
    const [oldest] = this.#answered;
    if (this.#answered.size >= MAX_ANSWERED && oldest !== undefined) this.#answered.delete(oldest);
    this.#answered.add(held.sequence);
    this.#tell(held, () => held.delivery.nak(Math.ceil(forMs)));
  }

  #track(
    held: ReceivedMessage,
    { among, work }: { among: Running[]; work: Promise<Outcome | undefined> },
  ): void {
    const done = work
      .then((outcome) => this.#settle(held, outcome))
      .catch((error: unknown) => {
        const level = isInfrastructureFailure(error) ? 'warn' : 'error';
        this.#options.log[level](
          { messageId: held.messageId, error: String(error) },
          'Queue-group message not settled; retrying in 1 s',
        );
        this.#giveBack(held, UNDECIDED_DELAY_MS);
      })
      .finally(() => {
        among.splice(among.indexOf(running), 1);
        this.#pump();
      });
    const running: Running = { held, done };
    among.push(running);
  }
}
