interface StepResult {
  name: string;
  kept: boolean;
  seconds: number;
}

/** Runs one step after another, says what each found, and goes on after a failure. */
export class Steps {
  readonly #say: (line: string) => void;
  readonly #stop: AbortSignal;
  readonly #results: StepResult[] = [];

  /** @param stop no step begins after it */
  constructor(say: (line: string) => void, stop: AbortSignal) {
    this.#say = say;
    this.#stop = stop;
  }

  get failed(): number {
    return this.#results.filter(({ kept }) => !kept).length;
  }

  /** @param work finds what is wrong: a sentence each */
  async run(name: string, work: () => Promise<readonly string[]>): Promise<void> {
    if (this.#stop.aborted) return;
    this.#say(`\n== ${name}`);
    const beganAt = Date.now();
    const found = await work().catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ]);
    for (const line of found) this.#say(line);
    this.#results.push({ name, kept: found.length === 0, seconds: (Date.now() - beganAt) / 1000 });
  }

  /** Says a line for each step and the sum. Returns the exit code. */
  conclude(): number {
    this.#say('');
    for (const { name, kept, seconds } of this.#results)
      this.#say(`${kept ? 'ok  ' : 'FAIL'}  ${name} (${seconds.toFixed(0)} s)`);
    if (this.#stop.aborted) this.#say('\ninterrupted: what follows was not tested');
    this.#say(`\n${this.#results.length - this.failed} passed, ${this.failed} failed`);
    return this.#stop.aborted ? 130 : Math.min(this.failed, 1);
  }
}
