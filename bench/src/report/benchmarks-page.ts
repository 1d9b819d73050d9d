import type { WorkloadResult } from '../harness/workload.ts';
import { workloadTable } from './workload-table.ts';

const HEAD = `# Benchmarks

Made by \`npm run bench -- --pages\` from [bench/results](../bench/results), which \`npm run bench\` writes; a test fails when the two say different things. How
it measures, and where the time goes in each workload: [bench/README.md](../bench/README.md). What follows from it for larger machines: [sizing.md](sizing.md).

Ratios are taken within a round and their median is shown; above 1 is better, whatever the figure. Read them rather than the figures: those are of one small machine, on
which clients, servers and databases share the cores.
`;

/** `docs/benchmarks.md`: each kept result as the terminal showed it, with its pictures. */
export function benchmarksPage(results: readonly WorkloadResult[], plots: readonly string[]): string {
  return [HEAD, ...results.map((result) => section(result, plots))].join('\n');
}

function section(result: WorkloadResult, plots: readonly string[]): string {
  const { workload, measuredAt, machine } = result;
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${String(value)}`);
  const pictures = plots
    .filter((name) => name.startsWith(workload))
    .map((name) => `![${name}](../bench/results/${name})\n`);
  return [
    `## ${workload}\n`,
    `\`npm run bench -- --only ${workload}\`, ${measuredAt.slice(0, 10)}; ${facts.join(', ')}.\n`,
    `\`\`\`text\n${workloadTable(result).join('\n')}\n\`\`\`\n`,
    ...pictures,
  ].join('\n');
}
