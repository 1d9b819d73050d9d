import type { Done } from '../part/protocol.ts';

/** The first message is due this much after the order to go, so that both processes are listening. */
const LEAD_MS = 50;

/**
 * CLOCK_MONOTONIC in milliseconds: one clock for all processes of a machine, which the wall clock is not while it is
 * being corrected.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** A message of an open loop: whoever is slow, it is due when it is due. */
export interface Due {
  /** Counted on over all calls. */
  readonly n: number;
  readonly dueAt: number;
}

/** Sends by the clock and not by what has been answered: a stall shows in the latency of everything that was due meanwhile. */
export class SendSchedule {
  readonly #rate: number;
  #next = 0;

  /** @param rate messages a second */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Looks once a millisecond, and sends all that is due by then. The look is part of the latency, for everyone. */
  async run(ms: number, send: (due: readonly Due[]) => void): Promise<Done> {
    const [first, count] = [this.#next, Math.round((this.#rate * ms) / 1_000)];
    const beganAt = monotonicMs() + LEAD_MS;
    const dueAt = (n: number): number => beganAt + ((n - first) * 1_000) / this.#rate;
    while (this.#next < first + count) {
      await new Promise((resolve) => void setTimeout(resolve, 1));
      const now = monotonicMs();
      const due: Due[] = [];
      for (; this.#next < first + count && dueAt(this.#next) <= now; this.#next++)
        due.push({ n: this.#next, dueAt: dueAt(this.#next) });
      if (due.length > 0) send(due);
    }
    return { count, ms: monotonicMs() - beganAt };
  }
}
