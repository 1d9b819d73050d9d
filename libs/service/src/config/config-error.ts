export interface ConfigProblem {
  /** Name of the environment variable. */
  variable: string;
  /** What was found, without credentials. */
  found: string;
  /** What is allowed. */
  allowed: string;
}

/** The environment does not configure the process. Lists everything that is wrong, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  readonly problems: readonly ConfigProblem[];
  readonly remedy: string;

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, found, allowed }) => `${variable}: found ${found}; ${allowed}`);
    const remedy = `Set ${problems.map(({ variable }) => variable).join(', ')} in the environment and start again.`;
    super(`The configuration has ${String(problems.length)} error(s):\n  ${lines.join('\n  ')}\n${remedy}`);
    this.problems = problems;
    this.remedy = remedy;
  }
}
