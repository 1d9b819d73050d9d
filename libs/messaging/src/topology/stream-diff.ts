import type { StreamConfig } from '@nats-io/jetstream';
import { isDeepStrictEqual } from 'node:util';
import type { DesiredStream } from './stream-config.ts';

/** One setting that is not as it should be. */
export interface Difference {
  field: string;
  found: unknown;
  wanted: unknown;
}

/** Settings that JetStream cannot change in place, with what has to be done instead. */
const FIXED: Readonly<Record<string, string>> = {
  storage: 'Create a new stream, copy the old one into it as a source, and switch over.',
  retention: 'Create a new stream, copy the old one into it as a source, and switch over.',
};

/** Compares only what is wanted: settings that we do not name belong to the operator. */
export function diffStream(found: StreamConfig, wanted: DesiredStream): Difference[] {
  const differences: Difference[] = [];
  for (const [field, value] of Object.entries(wanted)) {
    const actual: unknown =
      field === 'metadata' ? pick(found.metadata, wanted.metadata) : Reflect.get(found, field);
    if (!isDeepStrictEqual(actual, value)) differences.push({ field, found: actual, wanted: value });
  }
  return differences;
}

/** Why the difference cannot be applied, or undefined when it can. */
export function impossibleChange(difference: Difference): string | undefined {
  return FIXED[difference.field];
}

/** The differences as a table: one line for each setting. */
export function formatDifferences(differences: readonly Difference[]): string {
  const rows = differences.map(({ field, found, wanted }) => [field, shown(found), shown(wanted)]);
  const table = [['setting', 'found', 'wanted'], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function shown(value: unknown): string {
  return value === undefined ? '-' : JSON.stringify(value);
}

function pick(
  found: Record<string, string> = {},
  wanted: Record<string, string> = {},
): Record<string, string> {
  const entries = Object.entries(found).filter(([name]) => name in wanted);
  return Object.fromEntries(entries);
}
