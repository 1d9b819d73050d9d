import { runCommand } from '../process/run-command.ts';
import { TEST_LABEL } from './installation.ts';
import { Kubectl } from './kubectl.ts';

interface NetworkPath {
  /** An app, or a namespace outside with one of the labels that let in. */
  from: string;
  to: string;
  open: boolean;
}

const services = ['order', 'payment', 'inventory', 'notification'];
const outsiders: Readonly<Record<string, readonly string[]>> = {
  'ingress controller': ['orderflow.example/ingress=allowed'],
  Prometheus: ['orderflow.example/metrics=allowed'],
  stranger: [],
};

/** Every arrow of the architecture, and what must not be one. `to` is host:port. */
export const networkPaths: readonly NetworkPath[] = [
  ...services.flatMap((from) => [
    { from, to: 'nats:4222', open: true },
    { from, to: 'postgres:5432', open: true },
    { from, to: 'payment-provider:80', open: from === 'payment' },
    { from, to: 'mailpit:1025', open: from === 'notification' },
    { from, to: 'nats-headless:8222', open: false },
    { from, to: 'mailpit:8025', open: false },
    ...services
      .filter((to) => to !== from)
      .flatMap((to) => [
        { from, to: `${to}:80`, open: false },
        { from, to: `${to}:3001`, open: false },
      ]),
  ]),
  ...['payment-sandbox'].flatMap((from) => [
    ...['nats:4222', 'postgres:5432', 'mailpit:1025', 'order:80', 'payment:80'].map((to) => ({
      from,
      to,
      open: false,
    })),
  ]),
  ...Object.keys(outsiders).flatMap((from) => [
    ...services.flatMap((to) => [
      { from, to: `${to}:80`, open: from === 'ingress controller' && to === 'order' },
      { from, to: `${to}:3001`, open: from === 'Prometheus' },
    ]),
    ...['nats:4222', 'nats-headless:8222', 'postgres:5432', 'mailpit:8025', 'payment-provider:80'].map(
      (to) => ({
        from,
        to,
        open: false,
      }),
    ),
  ]),
];

/** Prints `open` or why not for each address, in their order. */
const PROBE = `
  const net = require('node:net');
  const ask = (address) => new Promise((resolve) => {
    const [host, port] = address.split(':');
    const socket = net.connect({ host, port, timeout: 3000 });
    const end = (found) => { socket.destroy(); resolve(found); };
    socket.once('connect', () => end('open')).once('timeout', () => end('closed')).once('error', (error) => end(error.code));
  });
  Promise.all(process.argv.slice(1).map(ask)).then((found) => console.log(found.join(' ')));`;

async function probe(
  kubectl: Kubectl,
  pod: string,
  paths: readonly NetworkPath[],
  suffix: string,
): Promise<string[]> {
  const addresses = paths.map(({ to }) => to.replace(':', `${suffix}:`));
  const answer = await kubectl.exec(pod, ['node', '-e', PROBE, ...addresses]);
  const found = answer.trim().split(' ');
  return paths.flatMap(({ from, to, open }, index) => {
    const is = found[index] ?? 'unknown';
    // A policy drops, or rejects. Everything in the table has a listener; a name that is not found is no answer of a policy.
    const expected = open ? is === 'open' : is === 'closed' || is === 'ECONNREFUSED';
    return expected ? [] : [`${from} to ${to} is ${is}, not ${open ? 'open' : 'closed'}`];
  });
}

/** A sentence for each path that is not as the table says. */
export async function wrongPaths(kubectl: Kubectl, context: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const [from, paths] of Map.groupBy(networkPaths, (path) => path.from)) {
    const labels = outsiders[from];
    if (labels === undefined) wrong.push(...(await probe(kubectl, await kubectl.pod(from), paths, '')));
    else wrong.push(...(await fromOutside(kubectl, context, { from, labels, paths })));
  }
  return wrong;
}

interface Outside {
  from: string;
  labels: readonly string[];
  paths: readonly NetworkPath[];
}

/** From a pod in a namespace of its own with these labels. */
async function fromOutside(
  kubectl: Kubectl,
  context: string,
  { from, labels, paths }: Outside,
): Promise<string[]> {
  const namespace = `${kubectl.namespace}-${from.toLowerCase().replaceAll(' ', '-')}`;
  const outside = new Kubectl(context, namespace);
  const global = async (...args: string[]): Promise<unknown> =>
    await runCommand('kubectl', ['--context', context, ...args], { timeoutMs: 180_000 });
  await global('create', 'namespace', namespace);
  try {
    await global('label', 'namespace', namespace, `${TEST_LABEL}=${kubectl.namespace}`, ...labels);
    const idle = ['--command', '--', 'node', '-e', 'setInterval(() => undefined, 60_000)'];
    await outside.run(['run', 'visitor', '--image', 'orderflow/tools:dev', '--restart', 'Never', ...idle]);
    await outside.wait(['pod/visitor'], 'condition=Ready', 120);
    return await probe(outside, 'visitor', paths, `.${kubectl.namespace}`);
  } finally {
    await global('delete', 'namespace', namespace, '--wait=false');
  }
}
