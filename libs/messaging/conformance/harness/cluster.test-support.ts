import { Database } from '@orderflow/database';
import { busyBound, eventually, freshDatabase, testNats, testNatsCluster } from '@orderflow/testing';
import { contract } from '../../src/contract/contract.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { PublishRules } from '../../src/outbox/publish-rules.ts';
import { shareOut } from '../../src/ownership/rendezvous.ts';
import { partitionOf } from '../../src/topology/partition.ts';
import { partitionResource } from '../../src/topology/resource.ts';
import { Instance } from './instance.test-support.ts';
import type { LedgerConfig } from './ledger-app.test-support.ts';
import { COUNTS, type Mode, type Step, STEP_TYPES, type StepType } from './ledger-events.test-support.ts';
import { createLedgerTables } from './ledger-tables.test-support.ts';

export interface Sending {
  /** Default `ok`. */
  mode?: Mode;
  amount?: number;
  /** Default `Counted`. */
  type?: StepType;
}

export type ClusterDefaults = Partial<Omit<LedgerConfig, 'instance' | 'natsUrl'>>;

export type NatsNode = Awaited<ReturnType<typeof testNats>>;

const SENT = `INSERT INTO sent (message_id, user_id, n, type, mode) SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[])`;
const MAX_TRANSACTION = 50;
const LONGEST_LEASE_MS = 20_000;
/** The last process of each name: one that was killed stays for a while. */
const LATEST_MEMBERS = `
  SELECT DISTINCT ON (name) instance
  FROM messaging.member, regexp_replace(instance, '-[0-9a-f]{8}$', '') AS name
  WHERE name = ANY ($1::text[]) ORDER BY name, expires_at DESC`;

/**
 * A broker (one node or several), a database, and any number of instances of the ledger service. Messages are sent from here, through the
 * outbox of the service's database, and each is written down in the same transaction as sent.
 */
export class Cluster {
  readonly nats: NatsNode;
  /** All of them, `nats` first. */
  readonly nodes: readonly NatsNode[];
  readonly databaseUrl: string;
  readonly database: Database;
  readonly instances: Instance[] = [];
  /** Those that run. */
  readonly loads = new Set<{ stop(): Promise<unknown> }>();
  readonly #defaults: ClusterDefaults;
  readonly #outbox = new Outbox({
    origin: { source: COUNTS.owner },
    rules: new PublishRules([COUNTS], () => undefined),
    wake: () => undefined,
  });
  readonly #counts = new Map<string, number>();
  readonly #supervised = new Set<string>();
  #lastSending: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(nodes: readonly [NatsNode, ...NatsNode[]], databaseUrl: string, defaults: ClusterDefaults) {
    [this.nats] = nodes;
    this.nodes = nodes;
    this.databaseUrl = databaseUrl;
    this.#defaults = defaults;
    this.database = new Database({ url: databaseUrl, applicationName: 'conformance' });
  }

  get running(): Instance[] {
    return this.instances.filter((instance) => instance.running);
  }

  /** Starts an instance and waits until it takes messages. */
  async start(name: string, change: ClusterDefaults = {}): Promise<Instance> {
    return await this.launch(name, change).started();
  }

  /** Starts an instance without waiting. */
  launch(name: string, change: ClusterDefaults = {}): Instance {
    const options = { ...this.#defaults.options, ...change.options };
    const { databaseUrl, nodes } = this;
    const instance = new Instance({
      databaseUrl,
      natsUrl: nodes.map((node) => node.url).join(','),
      ...this.#defaults,
      ...change,
      options,
      instance: name,
    });
    this.instances.push(instance);
    return instance;
  }

  /** Starts instances that are started again whenever they end, as a supervisor does. */
  async supervise(...names: string[]): Promise<void> {
    for (const name of names) this.#supervised.add(name);
    await Promise.all(names.map((name) => this.#keepRunning(name).started()));
  }

  /** From now on an instance that ends stays away. */
  unsupervise(): void {
    this.#supervised.clear();
  }

  /** Sends one message; its number follows the key's last one. Returns its id. */
  async send(key: string, sending: Sending = {}): Promise<string> {
    const [id = ''] = await this.sendAll([{ key, ...sending }]);
    return id;
  }

  /** Sends messages in one transaction, in this order. */
  async sendAll(sendings: readonly (Sending & { key: string })[]): Promise<string[]> {
    const sending = this.#lastSending.then(() => this.#commit(sendings));
    // Whoever sent it gets the error.
    this.#lastSending = sending.catch(() => undefined);
    return await sending;
  }

  /** One after the other, so that the numbers of a key follow the order of its commits. */
  async #commit(sendings: readonly (Sending & { key: string })[]): Promise<string[]> {
    const steps = sendings.map((sending) => this.#step(sending));
    return await this.database.transaction(async (tx) => {
      const ids = await this.#outbox.add(tx, steps);
      const column = <T>(of: (step: Step) => T): T[] => steps.map(of);
      await tx.query(SENT, [
        ids,
        ...[
          column((s) => s.userId),
          column((s) => s.n),
          column((s) => s.constructor.name),
          column((s) => s.mode),
        ],
      ]);
      return ids;
    });
  }

  /** Sends `count` messages over the keys, one after the other. */
  async sendMany(count: number, keys: readonly string[], sending: Sending = {}): Promise<void> {
    for (let sent = 0; sent < count; sent += MAX_TRANSACTION) {
      const length = Math.min(MAX_TRANSACTION, count - sent);
      await this.sendAll(
        Array.from({ length }, (_, i) => ({ key: keys[(sent + i) % keys.length] ?? '', ...sending })),
      );
    }
  }

  /** The instance that holds the lease of the key's partition. */
  async ownerOf(key: string): Promise<Instance> {
    const resource = partitionResource(partitionOf(key, this.#defaults.options?.partitions ?? 16));
    return await eventually(
      async () => {
        const rows = await this.database.query<{ owner: string | null }>(
          'SELECT owner FROM messaging.ownership WHERE resource = $1',
          [resource],
        );
        return this.running.find((instance) => instance.wrote({ instance: rows[0]?.owner ?? '' }));
      },
      { what: `somebody owns ${resource}` },
    );
  }

  /** How many partitions each instance holds, by its name. */
  async shares(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ name: string; count: number }>(
      `SELECT regexp_replace(owner, '-[0-9a-f]{8}$', '') AS name, count(*)::int AS count FROM messaging.ownership
       WHERE owner IS NOT NULL AND resource <> 'relay' GROUP BY 1`,
    );
    return new Map(rows.map(({ name, count }) => [name, count]));
  }

  /** Waits until these share the partitions, each as many as the others or one more. */
  async balanced(...names: string[]): Promise<void> {
    const partitions = this.#defaults.options?.partitions ?? 16;
    await eventually(
      async () => {
        const members = await this.database.query<{ instance: string }>(LATEST_MEMBERS, [names]);
        const ids = members.map(({ instance }) => instance);
        const owned = await this.database.query<{ resource: string; owner: string | null }>(
          `SELECT resource, owner FROM messaging.ownership WHERE resource <> 'relay'`,
        );
        const shares = shareOut(
          owned.map(({ resource }) => resource),
          ids,
        );
        const settled = owned.every(({ resource, owner }) => owner === shares.get(resource));
        return ids.length === names.length && owned.length === partitions && settled;
      },
      { what: `${names.join(', ')} share the partitions` },
    );
  }

  /** Ends the loads that a failed test left, so that it does not fail the next one as well. */
  async quieten(): Promise<void> {
    await Promise.all([...this.loads].map((load) => load.stop()));
  }

  /** Stops the instances, and then the broker. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.quieten();
    for (const instance of this.running) instance.thaw();
    await Promise.all(this.running.map((instance) => instance.kill()));
    await this.database.close();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  #keepRunning(name: string): Instance {
    const instance = this.launch(name);
    void instance.exited.then(() => {
      if (!this.#closing && this.#supervised.has(name)) this.#keepRunning(name);
    });
    return instance;
  }

  #step({ key, mode = 'ok', amount = 0, type = 'Counted' }: Sending & { key: string }): Step {
    const n = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, n);
    return contract(STEP_TYPES[type], { userId: key, n, mode, amount });
  }
}

/** A nats-server and a database of the caller's own; no instance yet. */
export async function startCluster(defaults: ClusterDefaults = {}): Promise<Cluster> {
  return await clusterOf([await testNats()], defaults);
}

/** The same with three nats-servers, and three copies of each stream. */
export async function startReplicatedCluster(defaults: ClusterDefaults = {}): Promise<Cluster> {
  const [first, ...others] = await testNatsCluster(3);
  if (first === undefined) throw new Error('three nodes were asked for');
  return await clusterOf([first, ...others], { ...defaults, options: { replicas: 3, ...defaults.options } });
}

async function clusterOf(
  nodes: readonly [NatsNode, ...NatsNode[]],
  defaults: ClusterDefaults,
): Promise<Cluster> {
  const databaseUrl = defaults.databaseUrl ?? (await freshDatabase('conformance')).url;
  const cluster = new Cluster(nodes, databaseUrl, withLeaseForBusyMachine(defaults));
  await createLedgerTables(cluster.database);
  return cluster;
}

/** An instance that gets a third of a processor cannot keep a lease that is as short as an idle machine allows. */
function withLeaseForBusyMachine(defaults: ClusterDefaults): ClusterDefaults {
  const { leaseMs } = defaults.options ?? {};
  if (leaseMs === undefined) return defaults;
  return {
    ...defaults,
    options: { ...defaults.options, leaseMs: Math.min(busyBound(leaseMs), LONGEST_LEASE_MS) },
  };
}

export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `user-${i + 1}`);
}
