// npm run test:compose: builds the images, starts everything in containers, runs the demo, breaks each thing under load,
// and checks after each break that nothing was lost, nothing took effect twice and order was kept.
//   npm run test:compose -- [--only WORD] [--keep]
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Steps } from '../process/steps.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import { onStopSignals } from '../stack/stop-signals.ts';
import { breaks, type Break } from './breaks.ts';
import { ComposeProject } from './compose-project.ts';
import { docker, whyNoDocker } from './docker.ts';
import { builtImages, runningContainers } from './hardening.ts';
import { LoadRun } from './load-run.ts';
import { untilScraped } from './prometheus.ts';

const projectName = 'orderflow-test';
const healthyMs = 90_000;
/** Work must go on after the break, not only end. */
const afterwardsMs = 4_000;
const demoMs = 240_000;

const say = (line: string): void => console.log(line);
const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
});
const stop = onStopSignals(() => process.exit(130));
const steps = new Steps(say, stop.first);

async function demo(project: ComposeProject): Promise<string[]> {
  const output = await docker(
    project.arguments('--profile', 'demo', 'run', '--rm', '-T', '--no-deps', 'demo'),
    demoMs,
  );
  say(output.split('\n').slice(-24).join('\n').trim());
  return [];
}

/** Not part of the rest: it would take time from what is measured there. */
async function metrics(project: ComposeProject): Promise<string[]> {
  const prometheus = ['--profile', 'metrics'];
  await docker(project.arguments(...prometheus, 'up', '--wait', '--no-deps', '--no-build', 'prometheus'));
  try {
    await untilScraped(project);
    return [];
  } finally {
    await docker(project.arguments(...prometheus, 'rm', '--stop', '--force', 'prometheus'));
  }
}

async function underLoad(project: ComposeProject, broken: Break): Promise<string[]> {
  const run = ['--profile', 'demo', 'run', '--rm', '-T', '--no-deps', 'load'];
  const load = new LoadRun({ program: 'docker', args: project.arguments(...run) }, say);
  try {
    await load.running();
    await broken.run(project);
    await project.untilHealthy(healthyMs);
    await delay(afterwardsMs, undefined, { signal: stop.first });
    return (await load.verdict()) ? [] : ['not every promise was kept'];
  } finally {
    load.abandon();
  }
}

async function testAll(project: ComposeProject): Promise<void> {
  for (const begin of [
    { name: 'build', work: () => project.build() },
    { name: 'up --wait', work: () => project.up() },
  ]) {
    await steps.run(begin.name, async () => (await begin.work(), []));
    if (steps.failed > 0) return;
  }
  const chosen = breaks.filter(({ name }) => name.includes(options.only));
  if (options.only === '') {
    await steps.run('images are small, labelled and not for root', () => builtImages(project));
    await steps.run('the demo', () => demo(project));
  }
  await steps.run('up --scale payment=3', async () => (await project.up('--scale', 'payment=3'), []));
  if (options.only === '') {
    await steps.run('Prometheus sees every instance', () => metrics(project));
    await steps.run('containers cannot be written, and drain on SIGTERM', async () => {
      const violations = await runningContainers(project);
      await project.untilHealthy(healthyMs);
      return violations;
    });
  }
  await steps.run('load without a break', () =>
    underLoad(project, { name: 'none', run: async () => undefined }),
  );
  for (const broken of chosen) await steps.run(broken.name, () => underLoad(project, broken));
}

async function keepLogs(project: ComposeProject): Promise<void> {
  const file = path.join(workspaceRoot, '.orderflow', 'test-compose.log');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, await project.logs());
  say(`\nwhat the containers said: ${file}`);
}

async function main(): Promise<void> {
  const reason = await whyNoDocker();
  if (reason !== undefined) {
    say(`test:compose: there is no Docker here, so nothing was tested: ${reason}`);
    say('Install Docker Engine with Compose v2, start it, and run this again; `npm test` needs none.');
    process.exitCode = 1;
    return;
  }
  const project = await ComposeProject.prepare(projectName);
  try {
    await project.down(); // What an interrupted run has left.
    await testAll(project);
    if (!stop.first.aborted && steps.failed > 0) await keepLogs(project);
  } finally {
    if (!options.keep) await project.down();
    await project.forget();
    stop.off();
  }
  process.exitCode = steps.conclude();
}

await main();
