interface Run {
  readonly partitions: ReadonlySet<number>;
  readonly release: AbortController;
  readonly done: Promise<void>;
}

/** What runs for which partitions. */
export class RunSet {
  readonly #runs = new Set<Run>();

  /**
   * Begins work for the partitions of these.
   *
   * @param work must not reject; the signal asks it to end soon
   */
  start(
    what: readonly { readonly partition: number }[],
    work: (release: AbortSignal) => Promise<void>,
  ): void {
    const release = new AbortController();
    const partitions = new Set(what.map(({ partition }) => partition));
    const done = work(release.signal).finally(() => this.#runs.delete(run));
    const run: Run = { partitions, release, done };
    this.#runs.add(run);
  }

  /** Asks what runs for a partition to end, and resolves when it has. */
  async end(partition: number): Promise<void> {
    const runs = [...this.#runs].filter((run) => run.partitions.has(partition));
    for (const run of runs) run.release.abort();
    await Promise.all(runs.map((run) => run.done));
  }
}
