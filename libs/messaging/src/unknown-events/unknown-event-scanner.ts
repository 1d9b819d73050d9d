import type { JsMsg } from '@nats-io/jetstream';
import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../broker/broker.ts';
import type { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import { receiveMessage, type ReceivedMessage } from '../message/received-message.ts';
import { ReadPace } from './read-pace.ts';
import { StreamReader } from '../broker/stream-reader.ts';
import { isSameTime, ScanCursor } from './scan-cursor.ts';

/** What comes meanwhile is read at one go. */
const LOOK_EVERY_MS = 100;
/** Few enough that handlers do not wait for long. */
const READ_AT_ONCE = 1_000;
const DEAD_LETTERS_AT_ONCE = 100;
const DEAD_LETTERS_BYTES = 4_000_000;
const TRY_AGAIN_MS = 1_000;
/** Failures in a row that a restart of the broker does not explain. */
const FAILING = 5;

export interface UnknownEventScannerParts {
  /** Of a stream that this service owns. */
  stream: string;
  service: string;
  /** The events that this service knows in it: last tokens of subjects. */
  events: ReadonlySet<string>;
  broker: Broker;
  database: SqlDatabase;
  deadLetters: DeadLetterWriter;
  counts: MessageCounts;
  log: Log;
  wakeRelay: () => void;
}

/**
 * Reads a stream that this service owns for events that have no contract. Nobody subscribes to those, so nobody else
 * would ever notice them: they are kept as dead letters, which block no key. One instance reads; how far it has come is
 * kept in the database, in the same transaction as the dead letters. Two at once do no harm.
 */
export class UnknownEventScanner {
  readonly #parts: UnknownEventScannerParts;
  readonly #cursor: ScanCursor;
  readonly #pace = new ReadPace(LOOK_EVERY_MS);
  #running: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #reader: StreamReader | undefined;
  #failures = 0;
  /** Of the last message that was looked at. */
  #sequence = 0;

  constructor(parts: UnknownEventScannerParts) {
    this.#parts = parts;
    this.#cursor = new ScanCursor(parts.stream);
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
      log.warn({ stream, error: String(error) }, 'Unknown-event scan failed; trying again in 1 s');
    return TRY_AGAIN_MS;
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  async #judge(messages: readonly JsMsg[], signal: AbortSignal): Promise<void> {
    let unknown: ReceivedMessage[] = [];
    let bytes = 0;
    for (const message of messages) {
      const whole = this.#knows(message.subject) ? undefined : await this.#withBody(message);
      if (whole !== undefined) {
        unknown.push(whole);
        bytes += whole.delivery.data.length;
      }
      const isFull = unknown.length >= DEAD_LETTERS_AT_ONCE || bytes >= DEAD_LETTERS_BYTES;
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
  async #settle(unknown: readonly ReceivedMessage[], last: JsMsg): Promise<void> {
    const { database, log, counts, wakeRelay } = this.#parts;
    const kept = await database.transaction(async (tx) => {
      // Should that be lost, they are looked at once more.
      if (unknown.length === 0) await tx.query('SET LOCAL synchronous_commit = off');
      await this.#cursor.move(tx, this.#sequence, { sequence: last.seq, storedAt: last.time });
      return await this.#keep(tx, unknown);
    });
    this.#sequence = last.seq;
    for (const { messageId, key, stream, sequence, event } of kept)
      log.error({ messageId, key, stream, sequence }, reasonOf(stream, event));
    counts.dead += kept.length;
    if (kept.length > 0) wakeRelay();
  }

  /** Returns those that were not dead letters before. */
  async #keep(tx: SqlExecutor, unknown: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const kept: ReceivedMessage[] = [];
    // Keys are locked in the same order by the scanner of another stream.
    for (const held of unknown.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))) {
      const reason = reasonOf(held.stream, held.event);
      const details = { reason, attempts: 0, history: [], deaths: 1, blocks: false };
      if (await this.#parts.deadLetters.write(tx, held, details)) kept.push(held);
    }
    return kept;
  }

  /** Undefined, and in the log, when there is nothing that could be kept. */
  async #withBody(message: JsMsg): Promise<ReceivedMessage | undefined> {
    const { broker, log } = this.#parts;
    const held = receiveMessage(message);
    if (held === undefined) {
      const { subject, seq: sequence } = message;
      log.error(
        { subject, sequence },
        'Skipping message: its subject does not match <prefix>.<partition>.<key>.<event>',
      );
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
  throw new Error('Scanned messages cannot be acknowledged');
}
