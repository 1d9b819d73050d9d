import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../stack/stack-layout.ts';
import type { ComposeProject } from './compose-project.ts';
import { docker } from './docker.ts';
import { imageViolations } from './image-rules.ts';
import { listAt, mapAt } from '../k8s/manifest.ts';

const services = ['order', 'payment', 'inventory', 'notification', 'payment-sandbox'];

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

/** What is wrong with the images that were built. */
export async function builtImages(project: ComposeProject): Promise<string[]> {
  const names = await docker(project.arguments('--profile', 'demo', 'config', '--images'));
  const own = [...new Set(names.split('\n'))].filter((name) => name.startsWith('orderflow/'));
  const base = /^ARG NODE_IMAGE=(.+)$/m.exec(read('docker/Dockerfile'))?.[1] ?? '';
  const baseSize = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', await present(base)]));
  const images: unknown = JSON.parse(await docker(['image', 'inspect', ...own]));
  const contents = await Promise.all(own.map(unwantedPackages));
  return [
    ...listAt({ images }, 'images').flatMap((image) => imageViolations(image, baseSize)),
    ...contents.flat(),
  ];
}

/** A builder may have used the base without leaving it among the images. */
async function present(image: string): Promise<string> {
  await docker(['image', 'inspect', image]).catch(() => docker(['pull', '--quiet', image], 600_000));
  return image;
}

async function unwantedPackages(image: string): Promise<string[]> {
  const manifest: unknown = JSON.parse(read('package.json'));
  const development = [...mapAt(manifest, 'devDependencies').keys()];
  const program = `console.log(${JSON.stringify(development)}.filter((name) => fs.existsSync('node_modules/' + name)).join())`;
  const found = await docker([
    'run',
    '--rm',
    '--network',
    'none',
    '--entrypoint',
    'node',
    image,
    '-e',
    program,
  ]);
  return found.trim() === '' ? [] : [`${image} has packages of development: ${found.trim()}`];
}

/** What is wrong with the containers as they run. Stops one of each and starts it again. */
export async function runningContainers(project: ComposeProject): Promise<string[]> {
  const found = await Promise.all(services.map((service) => containerViolations(project, service)));
  return found.flat();
}

/** Process 1, its user, whether that could write at home but for the read-only file system, and its capabilities. */
const probe = `
  const write = () => { try { fs.writeFileSync(os.homedir() + '/probe', ''); return true; } catch { return false; } };
  const first = fs.readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0];
  const capabilities = /CapEff:\\s*(\\S+)/.exec(fs.readFileSync('/proc/1/status', 'utf8'))?.[1];
  console.log([first, process.getuid(), write(), Number('0x' + capabilities)].join(' '));`;

async function containerViolations(project: ComposeProject, service: string): Promise<string[]> {
  const [container = ''] = await project.containers(service);
  const answer = (await docker(['exec', container, 'node', '-e', probe])).trim();
  const violations =
    answer === 'node 1000 false 0' ? [] : [`${container} is "${answer}", not "node 1000 false 0"`];
  await docker(['stop', container]);
  const code = (await docker(['inspect', '--format', '{{.State.ExitCode}}', container])).trim();
  await docker(['start', container]);
  return code === '0'
    ? violations
    : [...violations, `${container} ended with ${code} after SIGTERM, not with 0`];
}
