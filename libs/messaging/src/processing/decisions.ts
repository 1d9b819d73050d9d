import type { ReceivedMessage } from '../message/received-message.ts';
import type { Outcome, Outcomes } from './settlement.ts';

/** What has become of messages that are handled together, so far. */
export class Decisions {
  readonly #outcomes = new Map<ReceivedMessage, Outcome>();
  /** Keys of which a message has to wait. */
  readonly #waiting = new Set<string>();
  readonly #release: AbortSignal | undefined;

  /** @param release when it is aborted, what is not yet decided stays so */
  constructor(release: AbortSignal | undefined) {
    this.#release = release;
  }

  get outcomes(): Outcomes {
    return this.#outcomes;
  }

  /** Whether it is still to be handled. What comes later for a key that has to wait is left where it is. */
  isOpen(held: ReceivedMessage): boolean {
    return this.#release?.aborted !== true && !this.#outcomes.has(held) && !this.#waiting.has(held.key);
  }

  add(held: ReceivedMessage, outcome: Outcome): void {
    this.#outcomes.set(held, outcome);
    if (outcome.state === 'waiting') this.#waiting.add(held.key);
  }
}
