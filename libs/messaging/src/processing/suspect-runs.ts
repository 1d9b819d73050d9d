import type { PartitionLeases } from '../intake/partition-leases.ts';
import type { Lease } from '../ownership/fence.ts';
import type { Verdict } from './attempt-marker.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Outcome } from './settlement.ts';

/** Suspects that are looked up at once: thousands of them must not take the connections of the others. */
const MAX_LOOKS = 8;

export interface Suspicion {
  readonly leases: readonly Lease[];
  /** Whether it is still to be handled. Counts nothing. */
  readonly vet: () => Promise<Verdict>;
  /** Handles it, with its attempt counted before it begins. */
  readonly handle: () => Promise<Outcome>;
  /** How often it was delivered, where a failure has it delivered again. */
  readonly deliveries?: number | undefined;
  /** Aborted: it need not begin any more. */
  readonly signal: AbortSignal;
}

/**
 * Runs the messages that may have ended their process: each with nothing beside it, so that the next crash is that of
 * the message that runs. What the inbox knows already, and what waits for a retry, is sorted out before. One that ran
 * alone when a process ended goes first. It is taken for the cause: once it is settled the others are no longer suspects.
 */
export class SuspectRuns {
  readonly #gate: ExclusiveGate;
  readonly #leases: Pick<PartitionLeases, 'trustAll'>;
  readonly #queue: (() => void)[] = [];
  #looks = 0;
  /** Aborted when the message that ended the processes is settled. */
  #search = new AbortController();

  #found = 0;

  /** @param leases trusted when the message that ended the processes is settled */
  constructor(gate: ExclusiveGate, leases: Pick<PartitionLeases, 'trustAll'>) {
    this.#gate = gate;
    this.#leases = leases;
  }

  /** How often the message that ended the processes was found: each time, what this process holds is no longer suspicious. */
  get found(): number {
    return this.#found;
  }

  /**
   * Undefined when it was aborted before it began. `cleared`: each of its deliveries ended in a failure, none in a crash, or
   * another message was found to be the cause. Rejects as they do; then it is still suspect.
   */
  async run(held: ReceivedMessage, suspicion: Suspicion): Promise<Outcome | 'cleared' | undefined> {
    const { leases, vet, handle, deliveries = Infinity, signal } = suspicion;
    const search = this.#search.signal;
    if (isFound(leases)) return clear(held);
    const verdict = await this.#look(vet);
    const isCleared = verdict.state === 'new' && !verdict.begun && verdict.attempts >= deliveries - 1;
    if (verdict.state !== 'new' || isCleared) {
      clear(held);
      return verdict.state === 'new' ? 'cleared' : verdict;
    }
    const { begun } = verdict;
    const work = async (): Promise<Outcome> => {
      const outcome = await handle();
      // It did not end the process.
      clear(held);
      if (begun && outcome.state === 'settled') this.#endSearch();
      return outcome;
    };
    const until = begun ? signal : AbortSignal.any([signal, search]);
    const outcome = await this.#gate.exclusive({ work, urgent: begun, signal: until });
    return outcome === undefined && !signal.aborted ? clear(held) : outcome;
  }

  /** If there is a second cause among the others, it ends the process once more, and is searched for by the next one. */
  #endSearch(): void {
    this.#search.abort();
    this.#search = new AbortController();
    this.#found++;
    this.#leases.trustAll();
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

/** A message of a queue group that came from its stream has no lease. */
function isFound(leases: readonly Lease[]): boolean {
  return leases.length > 0 && leases.every((lease) => !lease.suspicious);
}

function clear(held: ReceivedMessage): 'cleared' {
  held.suspect = false;
  return 'cleared';
}
