import type { Lease } from '../ownership/fence.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Runners } from './runners.ts';
import type { Outcome } from './settlement.ts';

/** Suspects that are looked up at once: thousands of them must not take the connections of the others. */
const MAX_LOOKS = 8;

export interface Suspicion {
  readonly leases: readonly Lease[];
  readonly runners: Pick<Runners, 'vet' | 'runAlone'>;
  /** How often it was delivered, where a failure has it delivered again. */
  readonly deliveries?: number;
  /** Aborted: it need not begin any more. */
  readonly signal: AbortSignal;
}

/**
 * Runs the messages that may have ended their process: each with nothing beside it, so that the next crash is that of
 * the message that runs. What the inbox knows already, and what waits for a retry, is sorted out before. One that ran
 * alone when a process ended goes first.
 */
export class SuspectRuns {
  readonly #gate: ExclusiveGate;
  readonly #queue: (() => void)[] = [];
  #looks = 0;

  constructor(gate: ExclusiveGate) {
    this.#gate = gate;
  }

  /**
   * Undefined when it was aborted before it began. `cleared`: each of its deliveries ended in a failure, none in a crash.
   * Rejects as the runners do; then it is still suspect.
   */
  async run(held: ReceivedMessage, suspicion: Suspicion): Promise<Outcome | 'cleared' | undefined> {
    const { leases, runners, deliveries = Infinity, signal } = suspicion;
    const verdict = await this.#look(() => runners.vet(held, leases));
    const isCleared = verdict.state === 'new' && !verdict.begun && verdict.attempts >= deliveries - 1;
    if (verdict.state !== 'new' || isCleared) {
      held.suspect = false;
      return verdict.state === 'new' ? 'cleared' : verdict;
    }
    const work = async (): Promise<Outcome> => {
      const outcome = await runners.runAlone(held, leases);
      // It did not end the process.
      held.suspect = false;
      return outcome;
    };
    return await this.#gate.exclusive({ work, urgent: verdict.begun, signal });
  }

  /** As `run`, for messages whose deliveries are not counted. */
  async outcomes(held: ReceivedMessage, suspicion: Suspicion): Promise<Map<ReceivedMessage, Outcome>> {
    const outcome = await this.run(held, suspicion);
    return new Map(typeof outcome === 'object' ? [[held, outcome]] : []);
  }

  async #look<T>(work: () => Promise<T>): Promise<T> {
    if (this.#looks >= MAX_LOOKS) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#looks++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#looks--;
      else next();
    }
  }
}
