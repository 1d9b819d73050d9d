import type { PartHandle } from '../part/part-handle.ts';
import type { Addresses, ServerKind } from '../servers/server-kind.ts';

/** `ours` what is being judged, `limit` what cannot be passed on this machine, `peer` what others would use instead. */
export type Role = 'ours' | 'limit' | 'peer';

/** What one turn of a contestant gave, by the names of the workload's figures. */
export type Figures = Readonly<Record<string, number>>;

export interface FigureDefinition {
  readonly name: string;
  readonly unit: string;
  /** Which way is better: a ratio above 1 is always the better one. */
  readonly better: 'more' | 'less';
  /** Digits after the point in the table. Default 0. */
  readonly digits?: number;
}

export interface Contestant {
  readonly name: string;
  readonly role: Role;
  /** Printed: nobody is handicapped in secret. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Running and empty when the turn begins; every other server is stopped. */
  readonly servers: readonly ServerKind[];
  /** The contestant that its figures are divided by, instead of the workload's. */
  readonly comparedWith?: string;
  /** Starts, warms up, measures and ends; called once a round. */
  turn(turn: Turn): Promise<Figures>;
}

/** What a contestant gets for one turn. */
export interface Turn {
  readonly addresses: Addresses;
  /** For names of streams, queues and databases: another one at each turn. Lower case letters and digits. */
  readonly id: string;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  readonly quick: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A process of its own that runs a part module; ended with the turn at the latest. */
  startPart(module: URL, options: object): Promise<PartHandle>;
}

export type Goal = RatioGoal | BoundGoal;

/** `contestant` reaches `atLeast` times the figure of `of`, both of the same run. */
export interface RatioGoal {
  readonly contestant: string;
  readonly of: string;
  readonly atLeast: number;
  /** Default: the first figure. */
  readonly figure?: string;
  /** In the figure's unit: who has this much has reached the goal, whatever the ratio. */
  readonly orReaches?: number;
}

/** The median of a figure is within this, in its unit: for what is promised as a number. Depends on the machine. */
export interface BoundGoal {
  readonly contestant: string;
  readonly figure: string;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** The first one is what the table is about. */
  readonly figures: readonly [FigureDefinition, ...FigureDefinition[]];
  /** The contestant that figures are divided by. */
  readonly comparedWith: string;
  /** Those that need the same server stand together, so that servers change seldom. */
  readonly contestants: readonly Contestant[];
  readonly goals: readonly Goal[];
  /** File name (without folder, with `.svg`) to picture. */
  readonly plots?: (result: WorkloadResult) => Readonly<Record<string, string>>;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface FigureResult extends Spread {
  /** One for each round. */
  readonly values: readonly number[];
  /** Against `comparedWith`, taken round by round; absent when that one is missing. */
  readonly ratio?: Spread;
}

export interface ContestantResult {
  readonly name: string;
  readonly role: Role;
  readonly options: Contestant['options'];
  readonly comparedWith: string;
  /** Why it did not take part. */
  readonly missing?: string;
  readonly figures: Readonly<Record<string, FigureResult>>;
}

export type GoalResult = Goal & {
  /** Of a ratio; undefined when one of the two is missing. */
  readonly ratio?: number;
  /** Of a bound, and where a ratio has a figure to reach instead; undefined when it was not measured. */
  readonly value?: number;
  readonly reached: boolean;
};

export interface WorkloadResult {
  readonly workload: string;
  readonly title: string;
  readonly figures: readonly FigureDefinition[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly measuredAt: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly contestants: readonly ContestantResult[];
  readonly goals: readonly GoalResult[];
}
