import type { JsMsg } from '@nats-io/jetstream';
import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../broker/broker.ts';
import type { Parking } from '../dead-letter/dead-letter-writer.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import { holdMessage, type HeldMessage } from '../message/received-message.ts';
import { ReadPace } from './read-pace.ts';
import { StreamReader } from '../broker/stream-reader.ts';
import { isSameTime, UnroutedCursor } from './scan-cursor.ts';

/** What comes meanwhile is read at one go. */
const LOOK_EVERY_MS = 100;
/** Few enough that handlers do not wait for long. */
const READ_AT_ONCE = 1_000;
const BURIED_AT_ONCE = 100;
const BURIED_BYTES = 4_000_000;
const TRY_AGAIN_MS = 1_000;
/** Failures in a row that a restart of the broker does not explain. */
const FAILING = 5;

export interface UnroutedGuardParts {
  /** Of a stream that this service owns. */
  stream: string;
  service: string;
  /** The events that this service knows in it: last tokens of subjects. */
  events: ReadonlySet<string>;
  broker: Broker;
  database: SqlDatabase;
  parking: Parking;
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/**
 * Reads a stream that this service owns for events that have no contract. Nobody subscribes to those, so nobody else
 * would ever notice them: they are kept as dead letters, which block no key. One instance reads; how far it has come is
 * kept in the database, in the same transaction as the dead letters. Two at once do no harm.
 */
export class UnroutedGuard {
  readonly #parts: UnroutedGuardParts;
  readonly #cursor: UnroutedCursor;
  readonly #pace = new ReadPace(LOOK_EVERY_MS);
  #running: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #reader: StreamReader | undefined;
  #failures = 0;
  /** Of the last message that was looked at. */
  #sequence = 0;

  constructor(parts: UnroutedGuardParts) {
    this.#parts = parts;
    this.#cursor = new UnroutedCursor(parts.stream);
  }

  /** This instance is the one that reads. */
  get running(): boolean {
    return this.#stopping !== undefined;
  }

  /** It should read, and for some seconds could not. */
  get failing(): boolean {
    return this.running && this.#failures >= FAILING;
  }

  start(): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    this.#running = this.#running.then(() => this.#run(signal));
  }

  /** Resolves when nothing runs any more. May be started again, also before that. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#stopping = undefined;
    this.#reader?.close();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#failures = 0;
    while (!signal.aborted) {
      const pauseMs = await this.#look(signal).catch((error: unknown) => this.#giveUp(signal, error));
      // Rejects when it is stopped meanwhile.
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    this.#closeReader();
  }

  /** Returns how long to wait until the next one, in milliseconds. */
  async #look(signal: AbortSignal): Promise<number> {
    const reader = (this.#reader ??= await this.#open());
    // It may have been stopped before there was anything to close.
    if (signal.aborted) return 0;
    const startedAt = performance.now();
    const messages = await reader.read(READ_AT_ONCE);
    await this.#judge(messages, signal);
    this.#failures = 0;
    const isFull = messages.length === READ_AT_ONCE;
    return this.#pace.pauseMs(
      performance.now() - startedAt,
      isFull ? messages.at(-1)?.info.pending : undefined,
    );
  }

  async #open(): Promise<StreamReader> {
    const { service, stream, broker, database, log } = this.#parts;
    const place = await this.#cursor.load(database);
    this.#sequence = place?.sequence ?? 0;
    const name = `${service}-${stream}-unrouted-${randomUUID()}`;
    const reader = await StreamReader.open(broker, stream, { name, after: this.#sequence });
    // The consumer goes with its stream: what is asked now is asked of the stream that will be read.
    if (place === undefined || (await this.#cursor.isOf(broker, place))) return reader;
    log.warn(
      { stream, sequence: place.sequence },
      'The stream was made again or lost its end; reading all of it',
    );
    await this.#cursor.forget(database, place);
    return await this.#open();
  }

  #giveUp(signal: AbortSignal, error: unknown): number {
    this.#closeReader();
    this.#failures++;
    const { stream, log } = this.#parts;
    if (!signal.aborted)
      log.warn(
        { stream, error: String(error) },
        'Cannot look for events that no contract knows; trying again',
      );
    return TRY_AGAIN_MS;
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  async #judge(messages: readonly JsMsg[], signal: AbortSignal): Promise<void> {
    let unknown: HeldMessage[] = [];
    let bytes = 0;
    for (const message of messages) {
      const whole = this.#knows(message.subject) ? undefined : await this.#withBody(message);
      if (whole !== undefined) {
        unknown.push(whole);
        bytes += whole.delivery.data.length;
      }
      const isFull = unknown.length >= BURIED_AT_ONCE || bytes >= BURIED_BYTES;
      if (!isFull && message !== messages.at(-1)) continue;
      await this.#settle(unknown, message);
      [unknown, bytes] = [[], 0];
      if (signal.aborted) return;
    }
  }

  #knows(subject: string): boolean {
    return this.#parts.events.has(subject.slice(subject.lastIndexOf('.') + 1));
  }

  /** Keeps those events, and that everything up to `last` has been looked at. */
  async #settle(unknown: readonly HeldMessage[], last: JsMsg): Promise<void> {
    const { database, log, counts, wakeRelay } = this.#parts;
    const buried = await database.transaction(async (tx) => {
      // Should that be lost, they are looked at once more.
      if (unknown.length === 0) await tx.query('SET LOCAL synchronous_commit = off');
      await this.#cursor.move(tx, this.#sequence, { sequence: last.seq, storedAt: last.time });
      return await this.#bury(tx, unknown);
    });
    this.#sequence = last.seq;
    for (const { messageId, key, stream, sequence, event } of buried)
      log.error({ messageId, key, stream, sequence }, reasonOf(stream, event));
    counts.dead += buried.length;
    if (buried.length > 0) wakeRelay();
  }

  /** Returns those that were not dead letters before. */
  async #bury(tx: SqlExecutor, unknown: readonly HeldMessage[]): Promise<HeldMessage[]> {
    const buried: HeldMessage[] = [];
    // Keys are locked in the same order by the guard of another stream.
    for (const held of unknown.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))) {
      const reason = reasonOf(held.stream, held.event);
      const burial = { reason, attempts: 0, history: [], deaths: 1, blocks: false };
      if (await this.#parts.parking.bury(tx, held, burial)) buried.push(held);
    }
    return buried;
  }

  /** Undefined, and in the log, when there is nothing that could be kept. */
  async #withBody(message: JsMsg): Promise<HeldMessage | undefined> {
    const { broker, log } = this.#parts;
    const held = holdMessage(message);
    if (held === undefined) {
      const { subject, seq: sequence } = message;
      log.error({ subject, sequence }, 'A stored subject is not of the form of its stream');
      return undefined;
    }
    const { messageId, stream, sequence } = held;
    const { headers, time } = held.delivery;
    const stored = await broker.manager.streams.getMessage(stream, { seq: sequence });
    if (stored === null) {
      log.error(
        { messageId, stream, sequence },
        'An event that no contract knows was deleted before it could be kept',
      );
      return undefined;
    }
    if (!isSameTime(stored.time, time)) throw new Error('The stream was made again, or lost its end');
    const { data } = stored;
    return {
      ...held,
      delivery: { headers, time, data, ack: notSettled, nak: notSettled, working: notSettled },
    };
  }
}

function reasonOf(stream: string, event: string): string {
  return `No contract of ${stream} is called "${event}".`;
}

function notSettled(): void {
  throw new Error('What is only looked at is not settled');
}
