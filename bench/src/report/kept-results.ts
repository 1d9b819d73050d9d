import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkloadResult } from '../harness/workload.ts';

/** The results of whole runs, as they are kept in the repository, by name of workload. */
export function keptResults(folder: string): WorkloadResult[] {
  return filesIn(folder, '.json').map((name) => readResult(path.join(folder, name)));
}

function readResult(file: string): WorkloadResult {
  const result: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (isResult(result)) return result;
  throw new Error(`${file} is no result of the benchmark: run it again`);
}

function isResult(value: unknown): value is WorkloadResult {
  return typeof value === 'object' && value !== null && 'workload' in value && 'contestants' in value;
}

/** The pictures beside them. */
export function keptPlots(folder: string): string[] {
  return filesIn(folder, '.svg');
}

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return []; // Nothing is kept yet.
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort();
}
