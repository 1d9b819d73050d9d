import type { ReceivedMessage } from '../message/received-message.ts';
import { HeldBytes } from './held-bytes.ts';
import type { Lane } from './lane.ts';

/** How much this process holds. */
export class HeldCounts {
  /** All messages, and those of them that came from the database with the bytes of their bodies. */
  messages = 0;
  loaded = 0;
  loadedBytes = 0;
  /** Of messages that came from a stream. */
  readonly streamed = new HeldBytes();

  add(lane: Lane, held: ReceivedMessage): void {
    this.#change(lane, held, 1);
  }

  subtract(lane: Lane, held: ReceivedMessage): void {
    this.#change(lane, held, -1);
  }

  /** Takes a message out of its lane. */
  remove(lane: Lane, held: ReceivedMessage): void {
    const index = lane.queue.indexOf(held);
    if (index === -1) return;
    lane.queue.splice(index, 1);
    if (index < lane.running) lane.running--;
    this.subtract(lane, held);
  }

  /** It has a row from now on. */
  tie(lane: Lane, held: ReceivedMessage, parkedId: number): void {
    this.subtract(lane, held);
    held.parkedId = parkedId;
    this.add(lane, held);
  }

  #change(lane: Lane, held: ReceivedMessage, by: 1 | -1): void {
    const bytes = by * held.delivery.data.length;
    this.messages += by;
    lane.bytes += bytes;
    if (held.parkedId === undefined) this.streamed.change(lane.partition, bytes);
    if (held.parkedId === undefined) return;
    this.loaded += by;
    this.loadedBytes += bytes;
  }
}
