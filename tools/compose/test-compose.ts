// npm run test:compose: builds the images, starts everything in containers, runs the demo, breaks each thing under load,
// and checks after each break that nothing was lost, nothing took effect twice and order was kept.
//   npm run test:compose -- [--only WORD] [--keep]
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
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
const results: { name: string; kept: boolean; seconds: number }[] = [];

/** One line of the result; a failure does not stop the others. */
async function step(name: string, work: () => Promise<boolean>): Promise<void> {
  if (stop.first.aborted) return;
  say(`\n== ${name}`);
  const beganAt = Date.now();
  const kept = await work().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    return false;
  });
  results.push({ name, kept, seconds: (Date.now() - beganAt) / 1000 });
}

async function demo(project: ComposeProject): Promise<boolean> {
  const output = await docker(
    project.arguments('--profile', 'demo', 'run', '--rm', '-T', '--no-deps', 'demo'),
    demoMs,
  );
  say(output.split('\n').slice(-24).join('\n').trim());
  return true;
}

async function withoutViolations(violations: Promise<string[]>): Promise<boolean> {
  const found = await violations;
  for (const line of found) say(line);
  return found.length === 0;
}

/** Not part of the rest: it would take time from what is measured there. */
async function metrics(project: ComposeProject): Promise<boolean> {
  const prometheus = ['--profile', 'metrics'];
  await docker(project.arguments(...prometheus, 'up', '--wait', '--no-deps', '--no-build', 'prometheus'));
  try {
    await untilScraped(project);
    return true;
  } finally {
    await docker(project.arguments(...prometheus, 'rm', '--stop', '--force', 'prometheus'));
  }
}

async function underLoad(project: ComposeProject, broken: Break): Promise<boolean> {
  const load = new LoadRun(project, say);
  try {
    await load.running();
    await broken.run(project);
    await project.untilHealthy(healthyMs);
    await delay(afterwardsMs, undefined, { signal: stop.first });
    return await load.verdict();
  } finally {
    load.abandon();
  }
}

async function testAll(project: ComposeProject): Promise<void> {
  for (const begin of [
    { name: 'build', work: () => project.build() },
    { name: 'up --wait', work: () => project.up() },
  ]) {
    await step(begin.name, async () => (await begin.work(), true));
    if (results.some(({ kept }) => !kept)) return;
  }
  const chosen = breaks.filter(({ name }) => name.includes(options.only));
  if (options.only === '') {
    await step('images are small, labelled and not for root', () => withoutViolations(builtImages(project)));
    await step('the demo', () => demo(project));
  }
  await step('up --scale payment=3', async () => (await project.up('--scale', 'payment=3'), true));
  if (options.only === '') {
    await step('Prometheus sees every instance', () => metrics(project));
    await step('containers cannot be written, and drain on SIGTERM', async () => {
      const sound = await withoutViolations(runningContainers(project));
      await project.untilHealthy(healthyMs);
      return sound;
    });
  }
  await step('load without a break', () => underLoad(project, { name: 'none', run: async () => undefined }));
  for (const broken of chosen) await step(broken.name, () => underLoad(project, broken));
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
    if (!stop.first.aborted && results.some(({ kept }) => !kept)) await keepLogs(project);
  } finally {
    if (!options.keep) await project.down();
    await project.forget();
    stop.off();
  }
  say('');
  for (const { name, kept, seconds } of results)
    say(`${kept ? 'ok  ' : 'FAIL'}  ${name} (${seconds.toFixed(0)} s)`);
  const failed = results.filter(({ kept }) => !kept).length;
  if (stop.first.aborted) say('\ninterrupted: what follows was not tested');
  say(`\n${results.length - failed} passed, ${failed} failed`);
  process.exitCode = stop.first.aborted ? 130 : Math.min(failed, 1);
}

await main();
