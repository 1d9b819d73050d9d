import type { FlagName, Flags } from './flags.ts';

/** One thing that the command line can do. What it returns is printed: text for people, the value with `--json`. */
export interface Command {
  name: string;
  summary: string;
  usage: string;
  /** Besides those that every command takes. */
  flags: readonly FlagName[];
  run(flags: Flags): Promise<Result>;
}

export interface Result {
  text: string;
  json: unknown;
}
