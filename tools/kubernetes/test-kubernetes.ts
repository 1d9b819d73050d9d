// npm run test:kubernetes: builds the images, loads them, installs an overlay into a namespace of its own, places orders from a pod,
// breaks each thing under load, and checks that nothing was lost, nothing took effect twice and order was kept. Removes what it made.
//   npm run test:kubernetes -- [--context NAME] [--overlay local|cluster] [--load "COMMAND %"] [--only WORD] [--no-build] [--keep]
// --context: this one, and no question. --load: how images get into a cluster that it does not know. --only: breaks with that in their
// names. --keep: leaves all of it there.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ComposeProject } from '../compose/compose-project.ts';
import { docker, whyNoDocker } from '../compose/docker.ts';
import { runCommand } from '../process/run-command.ts';
import { Steps } from '../process/steps.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import { onStopSignals } from '../stack/stop-signals.ts';
import { type ClusterContext, loadCommand, looksLocal } from './context.ts';
import { Installation, type TestedOverlay } from './installation.ts';
import { contextOf, Kubectl } from './kubectl.ts';
import { breaksOf } from './breaks.ts';
import { testInstalled } from './installed.steps.ts';

const NAMESPACE = 'orderflow-test';
const loadMs = 900_000;
const pullMs = 600_000;
const say = (line: string): void => console.log(line);
const { values: options } = parseArgs({
  options: {
    context: { type: 'string' },
    overlay: { type: 'string', default: 'local' },
    load: { type: 'string' },
    only: { type: 'string', default: '' },
    'no-build': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const stop = onStopSignals(() => process.exit(130));

function overlayOf(name: string): TestedOverlay {
  if (name === 'local' || name === 'cluster') return name;
  throw new Error(`--overlay ${name}: say local or cluster`);
}

/** Unless the context looks local, or was named, a person has to say yes. */
async function isMeant(context: ClusterContext): Promise<boolean> {
  if (options.context !== undefined || looksLocal(context)) return true;
  const { name, server } = context;
  if (!process.stdin.isTTY) {
    say(`test:kubernetes: the context ${name} (${server}) does not look local. To use it: --context ${name}`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = `The context ${name} (${server}) does not look local. Install there? Type its name: `;
  const answer = await terminal.question(question, { signal: stop.first });
  terminal.close();
  return answer === name;
}

async function whyNot(): Promise<string | undefined> {
  try {
    await runCommand('kubectl', ['version', '--client']);
  } catch (error) {
    return `the program "kubectl" cannot be run (${String(error)})`;
  }
  return options['no-build'] ? undefined : await whyNoDocker();
}

async function build(): Promise<void> {
  const project = await ComposeProject.prepare('orderflow-images');
  try {
    await project.build();
  } finally {
    await project.forget();
  }
}

/** Those that are not built here may have to be fetched first. */
async function present(image: string): Promise<void> {
  await docker(['image', 'inspect', image]).catch(() => docker(['pull', '--quiet', image], pullMs));
}

async function loadImages(context: ClusterContext, installation: Installation): Promise<void> {
  const images = await installation.images();
  const command = loadCommand(context, images, options.load);
  if (command === undefined) return;
  for (const image of images) await present(image);
  const [program = '', ...args] = command;
  await runCommand(program, args, { timeoutMs: loadMs });
}

/** For whoever looks for the cause: it is removed with the namespace. */
async function keepWhatWasSaid(kubectl: Kubectl): Promise<void> {
  const file = path.join(workspaceRoot, '.orderflow', 'test-kubernetes.log');
  const asked = [
    ['get', 'pods', '-o', 'wide'],
    ['get', 'events', '--sort-by', '.lastTimestamp'],
    [
      'logs',
      '--selector',
      'app.kubernetes.io/part-of=orderflow',
      '--all-containers',
      '--prefix',
      '--tail=500',
    ],
  ];
  const texts = await Promise.all(
    asked.map((args) => kubectl.run(args).catch((error: unknown) => String(error))),
  );
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, texts.join('\n\n'));
  say(`\nwhat the cluster said: ${file}`);
}

async function main(): Promise<void> {
  const overlay = overlayOf(options.overlay);
  const chosen = breaksOf(overlay).filter(({ name }) => name.includes(options.only));
  if (chosen.length === 0) throw new Error(`--only ${options.only}: no break has that in its name`);
  const reason = await whyNot();
  if (reason !== undefined) {
    say(`test:kubernetes: nothing was tested: ${reason}`);
    say('It needs kubectl with a context, and Docker to build the images; `npm test` needs neither.');
    process.exitCode = 1;
    return;
  }
  const context = await contextOf(options.context);
  if (!(await isMeant(context))) {
    process.exitCode = 1;
    return;
  }
  say(`context ${context.name}, ${context.server}, namespace ${NAMESPACE}, overlay ${overlay}`);
  const kubectl = new Kubectl(context.name, NAMESPACE);
  const installation = new Installation(kubectl, overlay);
  const steps = new Steps(say, stop.first);
  await installation.refuseForeign();
  try {
    await installation.remove(); // What an interrupted run has left.
    if (!options['no-build']) await steps.run('images are built', async () => (await build(), []));
    await steps.run('images are loaded', async () => (await loadImages(context, installation), []));
    if (steps.failed === 0)
      await testInstalled({
        ...{ kubectl, installation, steps, say, overlay, only: options.only },
        context: context.name,
        mayDrain: looksLocal(context),
      });
    if (steps.failed > 0) await keepWhatWasSaid(kubectl);
  } finally {
    process.exitCode = steps.conclude();
    if (!options.keep) await installation.remove();
    stop.off();
  }
}

try {
  await main();
} catch (error) {
  say(`test:kubernetes: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
