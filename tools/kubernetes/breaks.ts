import { textAt } from '../k8s/manifest.ts';
import { CommandError } from '../process/run-command.ts';
import { TEST_LABEL, type TestedOverlay } from './installation.ts';
import type { Kubectl } from './kubectl.ts';

/** What is done to the shop while orders are placed. It resolves when the cluster says that all is well again. */
export interface Break {
  name: string;
  run(kubectl: Kubectl): Promise<readonly string[]>;
}

/**
 * Kills the first process of a container, if it has this name. Processes of a pod see each other here; the first one of a
 * container has no parent among them, which tells a postmaster from its children.
 */
const KILL = (program: string): string =>
  `for p in /proc/[0-9]*; do
     read -r name < $p/comm 2>/dev/null || continue
     [ "$name" = "${program}" ] || continue
     grep -q "^PPid:[[:space:]]*0$" $p/status || continue
     kill -9 "\${p#/proc/}" && exit 0
   done; exit 1`;

/** Node.js calls its first thread so, since version 24. */
const NODE = ['MainThread', 'node'];

/** SIGKILL, as the kernel does it when memory runs out. Resolves when the container runs again and is ready. */
async function killProcess(kubectl: Kubectl, pod: string, programs: readonly string[]): Promise<void> {
  const restarts = await restartsOf(kubectl, pod);
  const script = programs.map((program) => `(${KILL(program)})`).join(' || ');
  // The shell is in the container whose process dies, and may die with it: the restart is what tells.
  const failed: unknown = await kubectl.exec(pod, ['sh', '-c', script]).catch((error: unknown) => error);
  const restarted = `jsonpath={.status.containerStatuses[0].restartCount}=${restarts + 1}`;
  try {
    await kubectl.wait([`pod/${pod}`], restarted, 60);
  } catch (error) {
    throw failed instanceof Error ? failed : error;
  }
  await kubectl.wait([`pod/${pod}`], 'condition=Ready');
}

async function restartsOf(kubectl: Kubectl, pod: string): Promise<number> {
  return Number(textAt(await kubectl.json('get', 'pod', pod), 'status.containerStatuses.0.restartCount'));
}

function killed(app: string, programs: readonly string[]): Break {
  return {
    name: `kill -9 of ${app}`,
    async run(kubectl) {
      await killProcess(kubectl, await kubectl.pod(app), programs);
      return [];
    },
  };
}

export async function restartAll(
  kubectl: Kubectl,
  kind: 'deployment' | 'statefulset',
  names: readonly string[],
): Promise<void> {
  await kubectl.run(['rollout', 'restart', ...names.map((name) => `${kind}/${name}`)]);
  await kubectl.untilRolledOut();
}

export async function scaled(kubectl: Kubectl, app: string, replicas: number): Promise<void> {
  await kubectl.run(['scale', 'deployment', app, `--replicas=${replicas}`]);
  await kubectl.untilRolledOut();
}

const scaling: Break = {
  name: 'payment from one to three and back',
  async run(kubectl) {
    await scaled(kubectl, 'payment', 3);
    await scaled(kubectl, 'payment', 1);
    return [];
  },
};

async function evict(kubectl: Kubectl, pod: string): Promise<boolean> {
  const { namespace } = kubectl;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  try {
    await kubectl.run(['create', '--raw', path, '--filename', '-'], { input: JSON.stringify(eviction) });
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.output.includes('disruption budget')) return false;
    throw error;
  }
}

const evictions: Break = {
  name: 'eviction of two instances of inventory at once: the budget allows one',
  async run(kubectl) {
    await scaled(kubectl, 'inventory', 2);
    const [first = '', second = ''] = await kubectl.pods('inventory');
    const allowed = [await evict(kubectl, first), await evict(kubectl, second)];
    await kubectl.untilRolledOut();
    await scaled(kubectl, 'inventory', 1);
    return allowed.join() === 'true,false' ? [] : [`allowed were: ${allowed.join()}, not true,false`];
  },
};

const drain: Break = {
  name: 'a drain of the node',
  async run(kubectl) {
    const pod = await kubectl.json('get', 'pod', await kubectl.pod('order'));
    const node = textAt(pod, 'spec.nodeName');
    const selector = `${TEST_LABEL}=${kubectl.namespace},app.kubernetes.io/component=service`;
    const options = [
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--pod-selector',
      selector,
      '--timeout=120s',
    ];
    try {
      await kubectl.run(['drain', node, ...options], { timeoutMs: 150_000 });
    } finally {
      await kubectl.run(['uncordon', node]);
    }
    await kubectl.untilRolledOut();
    return [];
  },
};

/** Deleted politely: the node hands over and ends. */
function deleted(app: string, name: string): Break {
  return {
    name,
    async run(kubectl) {
      await kubectl.run(['delete', 'pod', await kubectl.pod(app), '--timeout=120s'], { timeoutMs: 150_000 });
      await kubectl.untilRolledOut();
      return [];
    },
  };
}

const breaks: readonly Break[] = [
  killed('order', NODE),
  killed('payment', NODE),
  killed('inventory', NODE),
  killed('notification', NODE),
  killed('payment-sandbox', NODE),
  killed('nats', ['nats-server']),
  killed('postgres', ['postgres']),
  deleted('nats', 'a NATS pod is deleted'),
  deleted('postgres', 'the PostgreSQL pod is deleted'),
  scaling,
  evictions,
  drain,
];

const rollingNats: Break = {
  name: 'a rolling restart of three NATS nodes',
  async run(kubectl) {
    await restartAll(kubectl, 'statefulset', ['nats']);
    return [];
  },
};

/** Of an overlay with three NATS nodes: what is about them. */
export function breaksOf(overlay: TestedOverlay): readonly Break[] {
  return overlay === 'local'
    ? breaks
    : [rollingNats, ...breaks.filter(({ name }) => / NATS | nats$/.test(name))];
}

/** It also keeps everybody's new pods from the node meanwhile. */
export const isDrain = (broken: Break): boolean => broken === drain;
