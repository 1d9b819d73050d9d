import { parseArgs } from 'node:util';
import { ROUNDS_OF_A_RECORD } from './report/result-file.ts';

export interface BenchArguments {
  readonly help: boolean;
  /** Write the pages from the kept results, and measure nothing. */
  readonly pages: boolean;
  /** Names of workloads; all when empty. */
  readonly only: readonly string[];
  /** Parts of contestants' names; all when empty. */
  readonly contestants: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly rounds: number;
  readonly profile: boolean;
}

export const usage = `npm run bench -- [options]

  --only NAME          one workload (may be repeated); without it all of them
  --contestant TEXT    only contestants whose name contains it, and those they are compared with (may be repeated)
  --rounds N           rounds; default ${ROUNDS_OF_A_RECORD}, with --quick 2; the result of fewer than ${ROUNDS_OF_A_RECORD} is not kept as the one of this repository
  --quick              short rounds, a minute or two a workload; its result is not kept either
  --json               the results as JSON on standard output; progress goes to standard error
  --profile            CPU profiles of each part and of nats-server, and its heap, in bench/profiles/WORKLOAD/
  --pages              measures nothing: writes docs/benchmarks.md and the table of docs/sizing.md from the kept results
  --help

`;

const DEFAULT_ROUNDS = { quick: 2, full: ROUNDS_OF_A_RECORD };

/** @throws Error that says what is wrong with them */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      contestant: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      pages: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { only, contestant, quick, json, profile, pages, help } = values;
  const rounds = Number(values.rounds ?? (quick ? DEFAULT_ROUNDS.quick : DEFAULT_ROUNDS.full));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds ?? ''}: expected a number from 1`);
  return { help, pages, only, contestants: contestant, quick, json, profile, rounds };
}
