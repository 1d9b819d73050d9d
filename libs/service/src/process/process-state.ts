/** Where the process is in its life. Health endpoints read it; `runProcess` writes it. */
export class ProcessState {
  #phase: 'starting' | 'running' | 'draining' = 'starting';
  /** Aborted when the process is asked to stop. What waits during the boot ends then. */
  readonly stopRequested: AbortSignal;

  constructor(stopRequested: AbortSignal = new AbortController().signal) {
    this.stopRequested = stopRequested;
  }

  get phase(): 'starting' | 'running' | 'draining' {
    return this.#phase;
  }

  started(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  /** From now on readiness is false. There is no way back. */
  drain(): void {
    this.#phase = 'draining';
  }
}
