import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkloadResult } from '../harness/workload.ts';

/** How many rounds are run, and what a result needs at least to be kept as the one of this repository. */
export const ROUNDS_OF_A_RECORD = 5;

/** What is no record goes to a folder that git ignores. */
export async function writeResult(
  folder: string,
  result: WorkloadResult,
  plots: Readonly<Record<string, string>>,
): Promise<string[]> {
  const target = isRecord(result) ? folder : path.join(folder, 'quick');
  const files = { [`${result.workload}.json`]: `${JSON.stringify(result, null, 2)}\n`, ...plots };
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(target, name), text);
  return Object.keys(files).map((name) => path.join(target, name));
}

/** A look at one's own machine in a round or two does not replace what many rounds found. */
export function isRecord({ quick, rounds }: WorkloadResult): boolean {
  return !quick && rounds >= ROUNDS_OF_A_RECORD;
}
