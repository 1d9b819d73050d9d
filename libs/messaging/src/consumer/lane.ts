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
  head(runOf: (held: HeldMessage) => Run, limit: number): { run: Run; messages: HeldMessage[] } {
    const [first] = this.queue;
    if (first === undefined) return { run: 'batch', messages: [] };
    if (runOf(first) === 'alone') return { run: 'alone', messages: [first] };
    const end = this.queue.findIndex((held) => runOf(held) === 'alone');
    return { run: 'batch', messages: this.queue.slice(0, Math.min(end === -1 ? limit : end, limit)) };
  }

  remove(held: HeldMessage): void {
    const index = this.queue.indexOf(held);
    if (index !== -1) this.queue.splice(index, 1);
  }
}
