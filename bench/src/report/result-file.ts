import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkloadResult } from '../harness/workload.ts';

/** Quick results are no record: they go to a folder that git ignores. */
export async function writeResult(
  folder: string,
  result: WorkloadResult,
  plots: Readonly<Record<string, string>>,
): Promise<string[]> {
  const target = result.quick ? path.join(folder, 'quick') : folder;
  const files = { [`${result.workload}.json`]: `${JSON.stringify(result, null, 2)}\n`, ...plots };
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(target, name), text);
  return Object.keys(files).map((name) => path.join(target, name));
}
