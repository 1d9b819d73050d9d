import type { SqlExecutor } from '@orderflow/database';
import { type Delivery, misused } from './delivery.ts';

/** What a batch handler knows and may do about the messages that it handles: the second argument, `@Ctx()`. */
export class BatchDelivery {
  /** One for each event, in the order of the events. No two of them have the same key. */
  readonly deliveries: readonly Delivery[];
  /** The effect transaction. Everything done through it commits together with the notes that these messages were handled. */
  readonly tx: SqlExecutor;

  constructor(deliveries: readonly Delivery[], tx: SqlExecutor) {
    this.deliveries = deliveries;
    this.tx = tx;
  }

  /**
   * Each event with its delivery: `for (const [event, delivery] of batch.pair(events)) delivery.publish(...)`.
   *
   * @throws MessagingError `TRANSACTION_MISUSED` when these are not as many as were handed over: whose delivery is whose could not be told
   */
  pair<T>(events: readonly T[]): [T, Delivery][] {
    if (events.length !== this.deliveries.length) {
      const counts = `${String(events.length)} events for ${String(this.deliveries.length)} deliveries.`;
      throw misused(counts, 'Pass the events as the handler got them; a pipe may change but not drop them.');
    }
    const rest = this.deliveries.values();
    const pairs: [T, Delivery][] = [];
    for (const event of events) {
      const { value: delivery } = rest.next();
      if (delivery !== undefined) pairs.push([event, delivery]);
    }
    return pairs;
  }
}
