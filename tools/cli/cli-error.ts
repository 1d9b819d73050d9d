/** 0 is done. */
export const exitCodes = { failed: 1, usage: 2, unreachable: 3 } as const;

/** What ends a command. The message says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(kind: keyof typeof exitCodes, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCodes[kind];
  }
}
