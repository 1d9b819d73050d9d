// npm run pressure: shows the sizes that must hold, on real servers that it starts itself.
//   npm run pressure -- [NAME...] [--no-sync]
// --no-sync: PostgreSQL does not sync, for a disk that stalls for longer than what is measured.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dependencyDown } from './dependency-down.scenario.ts';
import { fullDeadLetters } from './full-dead-letters.scenario.ts';
import { hotKeys } from './hot-key.scenario.ts';
import { largeMessages } from './large-messages.scenario.ts';
import { lostStream } from './lost-stream.scenario.ts';
import { movingPartitions } from './moving-partitions.scenario.ts';
import { oldSnapshot } from './old-snapshot.scenario.ts';
import { operatorsLists } from './operators-lists.scenario.ts';
import type { Finding, Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import { stopSignal } from '../stop-signal.ts';

const scenarios: readonly Scenario[] = [
  operatorsLists,
  oldSnapshot,
  largeMessages,
  movingPartitions,
  fullDeadLetters,
  dependencyDown,
  lostStream,
  ...hotKeys,
];

const { values: options, positionals: names } = parseArgs({
  options: { 'no-sync': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const stop = stopSignal();
const interrupted = new Promise<never>((_, reject) => {
  stop.addEventListener('abort', () => reject(new Error('interrupted')));
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function show(scenario: Scenario): Promise<boolean> {
  say(`\n${scenario.name}: ${scenario.title}`);
  const beganAt = performance.now();
  const directory = await mkdtemp(path.join(tmpdir(), 'orderflow-pressure-'));
  const stage = await Stage.open(directory, say, !options['no-sync']);
  let findings: Finding[];
  try {
    findings = await Promise.race([scenario.run(stage), interrupted]);
  } finally {
    await stage.close();
  }
  for (const { what, measured, bound, holds } of findings)
    say(`  ${holds ? 'holds ' : 'FAILS '} ${what}: ${measured} (${bound})`);
  say(`  took ${((performance.now() - beganAt) / 1_000).toFixed(0)} s`);
  return findings.every(({ holds }) => holds);
}

const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  const known = scenarios.map(({ name }) => name).join(', ');
  process.stderr.write(`pressure: ${unknown.join(', ')}: expected one of ${known}\n`);
  process.exitCode = 1;
} else {
  for (const scenario of scenarios.filter(({ name }) => names.length === 0 || names.includes(name)))
    if (!(await show(scenario))) process.exitCode = 1;
}
