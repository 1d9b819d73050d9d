import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { natsServer } from './nats.server.ts';
import { postgresServer } from './postgres.server.ts';
import { rabbitmqServer } from './rabbitmq.server.ts';
import { redisServer } from './redis.server.ts';
import type { Addresses, RunningServer, ServerKind, ServerStarter } from './server-kind.ts';

const starters: Readonly<Record<ServerKind, ServerStarter>> = {
  nats: natsServer,
  postgres: postgresServer,
  redis: redisServer,
  rabbitmq: rabbitmqServer,
};

/**
 * The servers of a run. Only those that the contestant of the moment needs are running: an idle one would still take
 * its share of two cores.
 */
export class ServerSet {
  readonly #directory: string;
  readonly #running = new Map<ServerKind, RunningServer>();
  readonly versions: Record<string, string> = {};

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Why a contestant that needs these cannot take part. */
  missing(kinds: readonly ServerKind[]): string | undefined {
    return kinds.map((kind) => starters[kind].missing()).find((reason) => reason !== undefined);
  }

  /** Stops every other server, starts these, and returns their addresses; asking for another one's throws. */
  async only(kinds: readonly ServerKind[], turnId: string): Promise<Addresses> {
    for (const kind of this.#running.keys()) if (!kinds.includes(kind)) await this.#stop(kind);
    const found: Partial<Addresses> = {};
    for (const kind of kinds) {
      const server = this.#running.get(kind) ?? (await this.#start(kind));
      Object.assign(found, await server.addresses(turnId));
    }
    return onlyKnown(found);
  }

  async stop(): Promise<void> {
    for (const kind of this.#running.keys()) await this.#stop(kind);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(kind: ServerKind): Promise<RunningServer> {
    await mkdir(this.#directory, { recursive: true });
    const server = await starters[kind].start(path.join(this.#directory, kind));
    this.#running.set(kind, server);
    this.versions[kind] = server.version;
    return server;
  }

  async #stop(kind: ServerKind): Promise<void> {
    const server = this.#running.get(kind);
    this.#running.delete(kind);
    await server?.stop();
  }
}

/** An address that a contestant has not asked for is a mistake of the workload, not an empty text. */
function onlyKnown(found: Partial<Addresses>): Addresses {
  const address = (name: keyof Addresses): string => {
    const value = found[name];
    if (value === undefined) throw new Error(`${name} is not among the servers that this contestant needs`);
    return value;
  };
  return {
    get nats() {
      return address('nats');
    },
    get natsMonitor() {
      return address('natsMonitor');
    },
    get natsPid() {
      return address('natsPid');
    },
    get natsProfiler() {
      return address('natsProfiler');
    },
    get postgres() {
      return address('postgres');
    },
    get redis() {
      return address('redis');
    },
    get rabbitmq() {
      return address('rabbitmq');
    },
  };
}
