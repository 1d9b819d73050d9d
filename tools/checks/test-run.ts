/** One call of `npm test`. */
export interface TestRun {
  /** Tells its processes from those of another run. */
  id: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Added to the environment of everything that it starts. */
  environment: Record<string, string | undefined>;
}
