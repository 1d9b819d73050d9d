import type { Stage } from './stage.ts';

/** One measured figure beside what is promised. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly holds: boolean;
}

/** A situation at its full size. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(stage: Stage): Promise<Finding[]>;
}

export function atMost(what: string, measured: number, bound: number, unit: string): Finding {
  const text = (value: number): string =>
    `${value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 })} ${unit}`;
  return { what, measured: text(measured), bound: `at most ${text(bound)}`, holds: measured <= bound };
}

export function exactly(what: string, measured: number, expected: number): Finding {
  const text = (value: number): string => value.toLocaleString('en-US');
  return { what, measured: text(measured), bound: text(expected), holds: measured === expected };
}
