import { setTimeout as delay } from 'node:timers/promises';
import type { ComposeProject } from './compose-project.ts';
import { docker } from './docker.ts';
import { streamLeader } from './stream-leader.ts';

/** Something that goes wrong and is mended again. */
export interface Break {
  name: string;
  run(project: ComposeProject): Promise<void>;
}

/** A lease of the library runs out after 2 s without a sign of life. */
const pastTheLeaseMs = 8_000;
const downMs = 4_000;

const nodes = ['nats-1', 'nats-2', 'nats-3'];

async function containerOf(project: ComposeProject, service: string): Promise<string> {
  const [first] = await project.containers(service);
  if (first === undefined) throw new Error(`there is no container of ${service}`);
  return first;
}

/** SIGKILL, as the kernel does it when memory runs out; then what a supervisor does. */
function killed(service: string): Break {
  return {
    name: `kill -9 of ${service}`,
    async run(project) {
      const container = await containerOf(project, service);
      await docker(['kill', container]);
      await delay(downMs);
      await docker(['start', container]);
    },
  };
}

function leaderOr(project: ComposeProject, wanted: 'leader' | 'follower'): Promise<string> {
  return containerOf(project, 'nats-1').then(async (any) => {
    const leader = await streamLeader(any, 'ORDERS');
    const chosen = wanted === 'leader' ? leader : nodes.find((node) => node !== leader);
    return await containerOf(project, chosen ?? leader);
  });
}

function nodeBroken(wanted: 'leader' | 'follower', how: 'stop' | 'kill'): Break {
  return {
    name: `${how === 'kill' ? 'kill -9' : 'stop'} of the NATS node that is ${wanted} of ORDERS`,
    async run(project) {
      const node = await leaderOr(project, wanted);
      await docker([how, node]);
      await delay(downMs);
      await docker(['start', node]);
    },
  };
}

function restarted(name: string, ...services: string[]): Break {
  return {
    name,
    async run(project) {
      await docker(project.arguments('restart', ...services));
    },
  };
}

/** The process stands still and does not know it: when it goes on, others own its partitions. */
function paused(service: string): Break {
  return {
    name: `docker pause of ${service} for ${pastTheLeaseMs / 1000} s, past its lease`,
    async run(project) {
      const container = await containerOf(project, service);
      await docker(['pause', container]);
      await delay(pastTheLeaseMs);
      await docker(['unpause', container]);
    },
  };
}

function cutOff(service: string, ...networks: string[]): Break {
  return {
    name: `${service} cut from ${networks.join(' and ')} for ${pastTheLeaseMs / 1000} s`,
    async run(project) {
      const container = await containerOf(project, service);
      const names = networks.map((network) => `${project.name}_${network}`);
      for (const name of names) await docker(['network', 'disconnect', name, container]);
      await delay(pastTheLeaseMs);
      // Compose gave it the service's name there, which a bare `connect` does not.
      for (const name of names) await docker(['network', 'connect', '--alias', service, name, container]);
    },
  };
}

/** Every way that the README shows. Three instances of payment run meanwhile. */
export const breaks: readonly Break[] = [
  killed('payment'),
  killed('order'),
  killed('inventory'),
  killed('notification'),
  nodeBroken('follower', 'stop'),
  nodeBroken('leader', 'stop'),
  nodeBroken('leader', 'kill'),
  restarted('restart of all NATS nodes at once', ...nodes),
  restarted('restart of Postgres', 'postgres'),
  paused('payment'),
  paused('inventory'),
  cutOff('payment', 'broker'),
  cutOff('inventory', 'broker', 'database'),
];
