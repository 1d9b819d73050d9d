import type { BatchPublisher } from '../publisher/batch-publisher.ts';
import type { OutgoingMessage } from '../publisher/outgoing-message.ts';
import type { Publisher } from '../publisher/publisher.ts';
import type { PublishAck } from '../publisher/publish-ack.ts';
import type { WaitingRow } from './relay-store.ts';

/** Fewer rows are as fast one by one: a batch costs the broker a store of its own. */
const MIN_BATCH = 8;
/** Half of what nats-server allows. */
const MAX_BATCH = 500;
/** The broker keeps a batch in memory until it is complete. */
const MAX_BATCH_CHARS = 1_000_000;

/** Publishes rows of one key, in their order. */
export class RowSender {
  readonly #publisher: Publisher;
  readonly #batches: BatchPublisher;

  constructor(publisher: Publisher, batches: BatchPublisher) {
    this.#publisher = publisher;
    this.#batches = batches;
  }

  /**
   * Publishes the first row, or several as an atomic batch if many are waiting. `sent` is told of each once it is
   * stored. Rejects when the broker does not take the next one.
   */
  async send(rows: readonly WaitingRow[], sent: (row: WaitingRow, ack: PublishAck) => void): Promise<void> {
    const run = this.#run(rows);
    if (run.length > 1 && (await this.#sendBatch(run, sent))) return;
    // One after the other recognises what the stream already has, of a batch whose answer was lost for instance.
    for (const row of run) {
      sent(row, await this.#publisher.publish(outgoing(row)));
    }
  }

  async #sendBatch(
    run: readonly WaitingRow[],
    sent: (row: WaitingRow, ack: PublishAck) => void,
  ): Promise<boolean> {
    const last = await this.#batches.publish(run.map(outgoing));
    if (last === undefined) return false;
    run.forEach((row, index) => {
      sent(row, { stream: row.stream, sequence: last - run.length + 1 + index, duplicate: false });
    });
    return true;
  }

  /** What goes next in one go: a row, or as many rows to one stream as a batch may hold. */
  #run(rows: readonly WaitingRow[]): WaitingRow[] {
    const stream = rows[0]?.stream ?? '';
    const single = rows.slice(0, 1);
    if (rows.length < MIN_BATCH || !this.#batches.takenBy(stream)) return single;
    const run: WaitingRow[] = [];
    let chars = 0;
    for (const row of rows) {
      chars += row.payload.length;
      if (row.stream !== stream || run.length === MAX_BATCH || chars > MAX_BATCH_CHARS) break;
      run.push(row);
    }
    return run.length < MIN_BATCH ? single : run;
  }
}

function outgoing(row: WaitingRow): OutgoingMessage {
  const { stream, subject, headers, payload } = row;
  return { stream, subject, headers, payload, messageId: row.message_id };
}
