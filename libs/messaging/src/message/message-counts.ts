/** What this process has done since it started. Plain numbers: they are incremented on the way of each message. */
export class MessageCounts {
  /** Of the streams: handled, seen before, parked or dead, and so acknowledged. */
  settled = 0;
  /** Attempts that failed and are followed by another one. */
  retried = 0;
  /** Messages that were moved to the database, because they have to wait or because too many wait for their key. */
  deferred = 0;
  /** Messages that failed for good. */
  dead = 0;
  /** Messages that were removed from a stream before they were handled, at most: some of them may be of other partitions. */
  removedUnhandled = 0;
  /** Batches of ordered handling, however they ended, the messages in them, and the time until each was settled or waits. Messages that run alone are in none. */
  batches = 0;
  batchMessages = 0;
  batchMs = 0;

  addBatch(messages: number, tookMs: number): void {
    this.batches++;
    this.batchMessages += messages;
    this.batchMs += tookMs;
  }
}
