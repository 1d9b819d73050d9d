import type { Wait } from '../deferred/stored-messages.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

/** How a message is handled: in one transaction with others, by itself, or with nothing else beside it in the process. */
export type Run = 'batch' | 'alone' | 'exclusive';

/** Where the message comes from that a lane handles next. */
export type Source = 'stream' | 'database';

/**
 * `idle` nothing to do now. `ready` its head may be handled. `running` some of it is being handled. `waiting` its head
 * failed and is tried again soon. `leaving` its head has to wait for long: all of it is being moved to the database.
 */
export type LaneState = 'idle' | 'ready' | 'running' | 'waiting' | 'leaving';

const NONE: ReadonlySet<ReceivedMessage> = new Set();

/**
 * The queue of one key inside a partition, or of one deferred message of a queue group: first in, first out, one at a
 * time. Messages that come from the database are before those that come from a stream.
 */
export class Lane {
  readonly name: string;
  readonly partition: number;
  readonly key: string;
  readonly group: string | undefined;
  readonly queue: ReceivedMessage[] = [];
  /** Of the bodies in the queue. */
  bytes = 0;
  state: LaneState = 'idle';
  timer: NodeJS.Timeout | undefined;
  /** Messages at the head that are being handled, and since when (`performance.now()`). */
  running = 0;
  runningSince = 0;
  /** Since when the head waits, with pauses in which it was tried (`performance.now()`), and for what. */
  waitingSince: number | undefined;
  waitsUntil = 0;
  wait: Wait | undefined;
  /** What this process had settled when the head began to run or to wait. */
  settledThen = 0;
  /** Messages that are being written to the database. They stay where they are until that is committed. */
  moving = NONE;
  /** When the last ones were written, by the count of moves. */
  movedAt = -1;
  /** As far as this process knows, messages of its key in the database that are not in the queue. */
  stored = 0;
  /** Its messages in the database are due: they are being read. */
  draining = false;
  /** Its partition was given up; what still runs ends by itself. */
  dropped = false;

  constructor(held: ReceivedMessage) {
    this.name = laneName(held);
    this.key = held.key;
    this.partition = held.partition;
    this.group = held.group;
  }

  /** What comes next. What came from a stream must not pass what is being written, or is in the database. */
  get next(): ReceivedMessage | undefined {
    const [first] = this.queue;
    return first !== undefined && this.#mayRun(first) ? first : undefined;
  }

  get hasMoves(): boolean {
    return this.moving.size > 0;
  }

  /** Messages that came from a stream and do not run. */
  get streamed(): ReceivedMessage[] {
    return this.queue.slice(this.running).filter((held) => held.parkedId === undefined);
  }

  /** The messages at the head that are handled in the same way, `limit` at most; one if it is handled alone. */
  head(runOf: (held: ReceivedMessage) => Run, limit: number): ReceivedMessage[] {
    const end = this.queue.findIndex((held) => runOf(held) !== 'batch' || !this.#mayRun(held));
    return this.queue.slice(0, end === 0 ? 1 : Math.min(end === -1 ? limit : end, limit));
  }

  /** The same message, if it is here. Not another one in its place: of a stream that was lost and made again. */
  find({ stream, sequence, messageId }: ReceivedMessage): ReceivedMessage | undefined {
    return this.queue.find(
      (held) => held.sequence === sequence && held.stream === stream && held.messageId === messageId,
    );
  }

  /** Ends a move. */
  settleMoves(): void {
    this.moving = NONE;
  }

  /** Puts the oldest messages of the database behind what runs and before what came from the stream. */
  splice(rows: readonly ReceivedMessage[]): {
    readonly fresh: ReceivedMessage[];
    readonly gone: ReceivedMessage[];
  } {
    const running = new Set(this.queue.slice(0, this.running).map((held) => held.parkedId));
    const fresh = rows.filter((held) => !running.has(held.parkedId));
    const { streamed } = this;
    const gone = this.queue.splice(this.running, Infinity, ...fresh, ...streamed);
    return { fresh, gone: gone.filter((held) => held.parkedId !== undefined) };
  }

  #mayRun(held: ReceivedMessage): boolean {
    return held.parkedId !== undefined || (this.stored === 0 && !this.moving.has(held));
  }
}

/** Keys have no space: they are tokens of subjects. */
export function laneName({ key, group, parkedId }: ReceivedMessage): string {
  return group === undefined ? key : `${group} ${String(parkedId)}`;
}
