import { spreadOf } from '../report/statistics.ts';
import type {
  BoundGoal,
  Contestant,
  ContestantResult,
  FigureDefinition,
  FigureResult,
  Figures,
  GoalResult,
  RatioGoal,
  Workload,
} from './workload.ts';

/** What a contestant has given so far: one entry a round, or the reason why there is none. */
export interface TurnRecord {
  readonly contestant: Contestant;
  readonly rounds: Figures[];
  missing?: string;
}

export function contestantResults(workload: Workload, records: readonly TurnRecord[]): ContestantResult[] {
  return records.map((record) => {
    const { contestant, missing } = record;
    const { name, role, options } = contestant;
    const comparedWith = contestant.comparedWith ?? workload.comparedWith;
    const reference = records.find((other) => other.contestant.name === comparedWith);
    const figures = missing === undefined ? figuresOf(workload.figures, record, reference) : {};
    return { name, role, options, comparedWith, ...(missing === undefined ? {} : { missing }), figures };
  });
}

function figuresOf(
  definitions: readonly FigureDefinition[],
  record: TurnRecord,
  reference: TurnRecord | undefined,
): Record<string, FigureResult> {
  const results: Record<string, FigureResult> = {};
  for (const definition of definitions) {
    const values = valuesOf(record, definition.name);
    if (values.length === 0) continue;
    const others = reference?.missing === undefined && reference ? valuesOf(reference, definition.name) : [];
    const ratios = ratiosOf(values, others, definition.better);
    results[definition.name] = {
      ...spreadOf(values),
      values,
      ...(ratios.length === 0 ? {} : { ratio: spreadOf(ratios) }),
    };
  }
  return results;
}

function valuesOf({ rounds }: TurnRecord, figure: string): number[] {
  return rounds.map((figures) => figures[figure]).filter((value) => value !== undefined);
}

/** Round by round, because what slows the machine down for a while slows both. Above 1 is better, whatever the figure. */
export function ratiosOf(
  values: readonly number[],
  others: readonly number[],
  better: FigureDefinition['better'],
): number[] {
  const pairs = values.slice(0, others.length).map((value, round) => [value, others[round] ?? Number.NaN]);
  return pairs.map(([value = 0, other = 0]) => (better === 'more' ? value / other : other / value));
}

/** A goal about somebody who is missing is not reached. */
export function goalResults(workload: Workload, contestants: readonly ContestantResult[]): GoalResult[] {
  return workload.goals.map((goal) => {
    const { contestant, figure = workload.figures[0].name } = goal;
    const value = contestants.find(({ name }) => name === contestant)?.figures[figure]?.median;
    if (!('of' in goal)) {
      return value === undefined
        ? { ...goal, reached: false }
        : { ...goal, value, reached: isWithin(goal.bound, value) };
    }
    return ratioResult(goal, goalRatio(workload, contestants, goal), value);
  });
}

function ratioResult(goal: RatioGoal, ratio: number | undefined, value: number | undefined): GoalResult {
  const { atLeast, orReaches } = goal;
  const instead = orReaches !== undefined && value !== undefined && value >= orReaches;
  return {
    ...goal,
    ...(ratio === undefined ? {} : { ratio }),
    ...(orReaches === undefined || value === undefined ? {} : { value }),
    reached: instead || (ratio ?? 0) >= atLeast,
  };
}

function isWithin(bound: BoundGoal['bound'], value: number): boolean {
  return 'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast;
}

function goalRatio(
  workload: Workload,
  contestants: readonly ContestantResult[],
  { contestant, of, figure = workload.figures[0].name }: RatioGoal,
): number | undefined {
  const valuesFor = (name: string): readonly number[] =>
    contestants.find((candidate) => candidate.name === name)?.figures[figure]?.values ?? [];
  const better = workload.figures.find(({ name }) => name === figure)?.better ?? 'more';
  const ratios = ratiosOf(valuesFor(contestant), valuesFor(of), better);
  return ratios.length === 0 ? undefined : spreadOf(ratios).median;
}
