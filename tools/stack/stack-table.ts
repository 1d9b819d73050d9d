import type { StackPart } from './stack-parts.ts';
import { isServiceName } from './stack-layout.ts';

/** Where everything is, for a person. */
export function stackTable(parts: readonly StackPart[]): string {
  const rows = parts.map(({ name, label, url, pid, log }) => [
    label,
    isServiceName(name) ? `${url}/docs` : url,
    String(pid ?? 'restarting'),
    log,
  ]);
  const all = [['part', 'where', 'process', 'log'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}
