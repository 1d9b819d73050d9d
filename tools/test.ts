// npm test: every check of the workspace, one line each and a total.
//   npm test -- [--only static|unit|integration|e2e|conformance]
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { checkGroups, isCheckGroup, summary, total, type Check, type CheckResult } from './checks/check.ts';
import { allChecks } from './checks/checks.ts';
import { runMarker } from './checks/left-running.ts';
import { onStopSignals } from './stack/stop-signals.ts';

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** All of them, whatever fails; none is begun after Ctrl-C. */
async function runAll(steps: readonly (readonly Check[])[], signal: AbortSignal): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const lines: string[] = [];
  const run = async (check: Check): Promise<void> => {
    console.log(`\n== ${check.name}`);
    const beganAt = Date.now();
    const result = await check.run();
    results.push(result);
    const line = `${check.name.padEnd(12)} ${summary(result)} (${seconds(beganAt)})`;
    lines.push(line);
    console.log(`== ${line}`);
  };
  for (const step of steps) {
    if (signal.aborted) break;
    await Promise.all(step.map(run));
  }
  console.log(`\n${lines.join('\n')}`);
  return results;
}

function only(args: readonly string[]): (check: Check) => boolean {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } });
  const { only: group } = values;
  if (group === undefined) return () => true;
  if (!isCheckGroup(group)) throw new Error(`--only ${group}: expected one of ${checkGroups.join(', ')}`);
  return (check) => check.group === group;
}

async function main(): Promise<void> {
  const chosen = only(process.argv.slice(2));
  const id = randomUUID();
  const stop = onStopSignals(() => process.exit(130));
  const run = { id, signal: stop.first, environment: { [runMarker]: id } };
  const beganAt = Date.now();
  const steps = allChecks(run).map((step) => step.filter(chosen));
  const sum = total(await runAll(steps, stop.first));
  console.log(`all in ${seconds(beganAt)}\n`);
  const interrupted = stop.first.aborted ? 1 : 0;
  console.log(summary({ passed: sum.passed, failed: sum.failed + interrupted }));
  process.exitCode = sum.failed + interrupted > 0 || sum.passed === 0 ? 1 : 0;
}

await main();
