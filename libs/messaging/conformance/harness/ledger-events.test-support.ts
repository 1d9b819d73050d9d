import { IsIn, IsInt, IsString } from 'class-validator';
import { Contract, type ContractOptions } from '../../src/contract/contract.ts';
import { defineStream } from '../../src/contract/stream-definition.ts';

export const COUNTS = defineStream({ name: 'COUNTS', prefix: 'count', owner: 'ledger' });

/** What the handler of a message does. `amount` is how many times, or how many ms. */
export const MODES = [
  'ok',
  /** Throws in the first `amount` attempts. */
  'fail',
  'poison',
  /** Takes `amount` ms. */
  'slow',
  /** Ends its process by SIGKILL, the first `amount` times: before it did anything, */
  'kill-in-handler',
  /** when its effect is written and not committed, */
  'kill-before-commit',
  /** when its effect is committed and not acknowledged. */
  'kill-after-commit',
] as const;

export type Mode = (typeof MODES)[number];

/** The n-th message of a key, over all types. */
export class Step {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsIn(MODES)
  mode!: Mode;

  @IsInt()
  amount!: number;
}

function stepNamed(event: string): ContractOptions<Step> {
  const example: Step = { userId: 'u1', n: 1, mode: 'ok', amount: 0 };
  return { stream: COUNTS, event, version: 1, key: (step) => step.userId, example };
}

/** Handled in a transaction; parked after the last attempt. */
@Contract<Step>(stepNamed('counted'))
export class Counted extends Step {}

/** Handled by a batch handler. */
@Contract<Step>(stepNamed('tallied'))
export class Tallied extends Step {}

/** Handled by an external handler. */
@Contract<Step>(stepNamed('called'))
export class Called extends Step {}

/** Left out after the last attempt: its key goes on. */
@Contract<Step>(stepNamed('skipped'))
export class Skipped extends Step {}

/** Tried for ever. */
@Contract<Step>(stepNamed('insisted'))
export class Insisted extends Step {}

/** Handled by a queue group. */
@Contract<Step>(stepNamed('mailed'))
export class Mailed extends Step {}

export const STEP_TYPES = { Counted, Tallied, Called, Skipped, Insisted, Mailed } as const;

export type StepType = keyof typeof STEP_TYPES;
