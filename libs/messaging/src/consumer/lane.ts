import type { HeldMessage } from './held-message.ts';

/** How a message is handled: in one transaction with others, or by itself. */
export type Run = 'batch' | 'alone';

/**
 * `idle` nothing to do. `ready` its head may be handled. `running` some of it is being handled. `waiting` its head
 * failed and is tried again later.
 */
export type LaneState = 'idle' | 'ready' | 'running' | 'waiting';

/** The queue of one key inside a partition: first in, first out, one at a time. */
export class Lane {
  readonly key: string;
  readonly partition: number;
  readonly queue: HeldMessage[] = [];
  state: LaneState = 'idle';
  timer: NodeJS.Timeout | undefined;

  constructor(key: string, partition: number) {
    this.key = key;
    this.partition = partition;
  }

  /** The messages at the head that are handled in the same way, `limit` at most; one if it is handled alone. */
  head(runOf: (held: HeldMessage) => Run, limit: number): HeldMessage[] {
    const end = this.queue.findIndex((held) => runOf(held) === 'alone');
    return this.queue.slice(0, end === 0 ? 1 : Math.min(end === -1 ? limit : end, limit));
  }

  /** The same message, if it is here. Not another one in its place: of a stream that was lost and made again. */
  find({ stream, sequence, messageId }: HeldMessage): HeldMessage | undefined {
    return this.queue.find(
      (held) => held.sequence === sequence && held.stream === stream && held.messageId === messageId,
    );
  }

  remove(held: HeldMessage): void {
    const index = this.queue.indexOf(held);
    if (index !== -1) this.queue.splice(index, 1);
  }
}
