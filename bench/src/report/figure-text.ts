import type { FigureDefinition } from '../harness/workload.ts';

/** `52,310`: read by people, and the same on every machine whatever its language. */
export function figureText(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const withUnit = (value: number, { unit, digits }: FigureDefinition): string =>
  `${figureText(value, digits)} ${unit}`;
