import type { ContestantResult, FigureDefinition, GoalResult, WorkloadResult } from '../harness/workload.ts';
import { figureText } from './figure-text.ts';
import { textTable } from './text-table.ts';

/** The result as a person reads it: the table, who is missing and why, the options of everyone, the goals. */
export function workloadTable(result: WorkloadResult): string[] {
  const { title, figures, rounds, quick, contestants } = result;
  const here = contestants.filter(({ missing }) => missing === undefined);
  const gone = contestants.filter(({ missing }) => missing !== undefined);
  return [
    `${title} (${rounds} ${rounds === 1 ? 'round' : 'rounds'}${quick ? ', quick' : ''})`,
    '',
    ...textTable(
      headerOf(figures),
      here.map((contestant) => rowOf(contestant, figures)),
    ),
    ...gone.map(({ name, role, missing = '' }) => `${name} (${role}): ${missing}`),
    '',
    ...contestants.map(({ name, options }) => `  ${name}: ${optionsText(options)}`),
    ...(result.goals.length === 0 ? [] : ['', ...result.goals.map(goalLine)]),
  ];
}

function headerOf(figures: readonly FigureDefinition[]): string[] {
  const columns = figures.flatMap(({ name, unit }) => [`${name} (${unit})`, 'min..max', 'ratio']);
  return ['contestant', 'role', ...columns, 'of'];
}

function rowOf(
  { name, role, figures, comparedWith }: ContestantResult,
  definitions: readonly FigureDefinition[],
): string[] {
  const columns = definitions.flatMap((definition) => {
    const figure = figures[definition.name];
    if (figure === undefined) return ['-', '-', '-'];
    const text = (value: number): string => figureText(value, definition.digits);
    const spread = `${text(figure.min)}..${text(figure.max)}`;
    return [
      text(figure.median),
      spread,
      figure.ratio === undefined ? '-' : figureText(figure.ratio.median, 2),
    ];
  });
  return [name, role, ...columns, comparedWith];
}

export function optionsText(options: ContestantResult['options']): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? figureText(value) : String(value)}`)
    .join(', ');
}

function goalLine(goal: GoalResult): string {
  const verdict = goal.reached ? 'reached' : 'NOT reached';
  const { contestant, value } = goal;
  if (!('of' in goal)) {
    const { figure, bound } = goal;
    const limit =
      'atMost' in bound ? `at most ${figureText(bound.atMost)}` : `at least ${figureText(bound.atLeast)}`;
    const measured = value === undefined ? 'not measured' : figureText(value, 2);
    return `goal: ${contestant} ${figure} ${limit}: ${measured}, ${verdict}`;
  }
  const { of, atLeast, ratio, orReaches } = goal;
  const found = ratio === undefined ? 'not measured' : `${figureText(ratio, 2)} x`;
  const [instead, figure] =
    orReaches === undefined || value === undefined
      ? ['', '']
      : [` or ${figureText(orReaches)}`, ` and ${figureText(value)}`];
  return `goal: ${contestant} at least ${figureText(atLeast, 2)} x ${of}${instead}: ${found}${figure}, ${verdict}`;
}
