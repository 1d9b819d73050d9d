import type { ConsumerInfo } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { eventually } from '@orderflow/testing';
import { UnknownEventScanner } from '../unknown-events/unknown-event-scanner.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { type HeldTransaction, holdTransaction } from './held-transaction.test-support.ts';
import { startJetStream, type TestJetStream } from './jetstream.test-support.ts';
import {
  startMessagingDatabase,
  type TestDatabase,
  waitingForLock,
} from './messaging-database.test-support.ts';
import { recordingLog } from './recording-log.test-support.ts';

const AT_ONCE = 200;

export interface StartedScanner {
  scanner: UnknownEventScanner;
  counts: MessageCounts;
  log: ReturnType<typeof recordingLog>;
}

export interface DeadLetterRow {
  message_id: string;
  stream_seq: number;
  payload: Buffer;
  headers: Record<string, string>;
}

/** A broker and a database for scanners of one stream that know the event `known` only. */
export class ScannerBench {
  readonly jet: TestJetStream;
  readonly tables: TestDatabase;
  readonly #scanners: UnknownEventScanner[] = [];
  #stream: StreamDefinition;

  private constructor(jet: TestJetStream, tables: TestDatabase, stream: StreamDefinition) {
    this.jet = jet;
    this.tables = tables;
    this.#stream = stream;
  }

  static async start(): Promise<ScannerBench> {
    const jet = await startJetStream();
    return new ScannerBench(jet, await startMessagingDatabase(), await jet.freshStream());
  }

  get stream(): string {
    return this.#stream.name;
  }

  /** For the next test: a stream of its own, and empty tables. */
  async reset(): Promise<void> {
    await Promise.all(this.#scanners.splice(0).map((scanner) => scanner.stop()));
    await this.tables.clear();
    this.#stream = await this.jet.freshStream();
  }

  async stop(): Promise<void> {
    await this.tables.stop();
    await this.jet.stop();
  }

  startScanner(): StartedScanner {
    const [counts, log] = [new MessageCounts(), recordingLog()];
    const scanner = new UnknownEventScanner({
      stream: this.stream,
      service: 'owner',
      events: new Set(['known']),
      broker: this.jet.broker,
      database: this.tables.database,
      deadLetters: new DeadLetterWriter({ consumer: 'unrouted', name: 'owner-unrouted' }),
      counts,
      log,
      wakeRelay: () => undefined,
    });
    this.#scanners.push(scanner);
    scanner.start();
    return { scanner, counts, log };
  }

  /** Returns the sequence. */
  async publish(event: string, id: string, body: Uint8Array | string = ''): Promise<number> {
    const wanted = headers();
    wanted.set('Nats-Msg-Id', id);
    wanted.set('colour', 'blue');
    const ack = await this.jet.client.publish(`${this.#stream.prefix}.u1.${event}`, body, {
      headers: wanted,
    });
    return ack.seq;
  }

  /** Some at a time. */
  async publishMany(event: string, prefix: string, count: number): Promise<void> {
    for (let from = 0; from < count; from += AT_ONCE) {
      const numbers = [...Array(Math.min(AT_ONCE, count - from)).keys()].map((n) => from + n);
      await Promise.all(numbers.map((n) => this.publish(event, `${prefix}-${String(n)}`)));
    }
  }

  async deleteStream(): Promise<void> {
    await this.jet.manager.streams.delete(this.stream);
  }

  async makeStream(): Promise<void> {
    await this.jet.provisioner().provision(this.#stream);
  }

  async makeStreamAgain(): Promise<void> {
    await this.deleteStream();
    await this.makeStream();
  }

  async deadLetters(): Promise<DeadLetterRow[]> {
    return await this.tables.database.query<DeadLetterRow>(
      'SELECT * FROM messaging.parked ORDER BY stream_seq, id',
    );
  }

  /** In the order of the stream; more than expected fails. */
  async deadLetterIds(count: number): Promise<string[]> {
    const ids = await eventually(
      async () => {
        const found = (await this.deadLetters()).map((row) => row.message_id);
        return found.length >= count ? found : undefined;
      },
      { what: `${String(count)} dead letters` },
    );
    if (ids.length > count) throw new Error(`${String(ids.length)} dead letters instead of ${String(count)}`);
    return ids;
  }

  /** 0 when there is none. */
  async cursor(): Promise<number> {
    const rows = await this.tables.database.query<{ sequence: number }>(
      'SELECT sequence FROM messaging.unrouted_cursor WHERE stream = $1',
      [this.stream],
    );
    return rows[0]?.sequence ?? 0;
  }

  async untilRead(sequence: number): Promise<void> {
    const read = async (): Promise<boolean> => (await this.cursor()) === sequence;
    await eventually(read, { what: `the stream is read up to ${String(sequence)}` });
  }

  /** Those of readers that have gone live on for some seconds. */
  async newestConsumer(): Promise<ConsumerInfo | undefined> {
    const infos: ConsumerInfo[] = [];
    for await (const info of this.jet.manager.consumers.list(this.stream)) infos.push(info);
    return infos.sort((a, b) => b.created.localeCompare(a.created))[0];
  }

  async untilWaiting(readers = 1): Promise<void> {
    const waiting = async (): Promise<boolean> => (await this.newestConsumer())?.num_waiting === readers;
    await eventually(waiting, { what: `${String(readers)} wait for a message` });
  }

  /** Holds up the writing of dead letters. */
  async lockParked(): Promise<HeldTransaction> {
    return await holdTransaction(this.tables.database, (tx) =>
      tx.query('LOCK messaging.parked IN ACCESS EXCLUSIVE MODE'),
    );
  }

  async untilWriting(): Promise<void> {
    const waits = async (): Promise<boolean> => (await waitingForLock(this.tables.database)) === 1;
    await eventually(waits, { what: 'the write waits' });
  }
}
