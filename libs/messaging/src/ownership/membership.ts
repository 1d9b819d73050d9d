import { isDatabaseUnavailable } from '@orderflow/database';
import type { Log } from '../log/log.ts';
import type { Signal } from '../timing/signal.ts';
import type { Lease } from './fence.ts';
import { within } from '../timing/within.ts';
import { isCutOff } from './candidates.ts';
import type { Heartbeat, Member, OwnershipRow, OwnershipStore } from './ownership-store.ts';
import { Shares } from './shares.ts';

/** What happens to a resource when its lease comes and goes. */
export interface LeaseHolder {
  acquired(lease: Lease): void;
  /** Finish what runs and let go of the rest. The lease is given back when this resolves. */
  release(lease: Lease): Promise<void>;
  /** Somebody else has it, or may have: stop at once. Nothing that still runs can commit. */
  lost(lease: Lease): void;
}

export interface MembershipOptions {
  instance: string;
  resources: readonly string[];
  /** An instance that shows no sign of life for this long is taken for dead. */
  leaseMs: number;
  /** How long `start` goes on trying while the database does not answer. */
  bootTimeoutMs: number;
  /** What this instance takes part in, and whether the broker answers it. Asked at each heartbeat. */
  describe: () => Omit<Heartbeat, 'accepts'>;
  /** Set when there may be something to take or to give back. */
  signal: Signal;
  /** Something was given back: the other instances need not find out by themselves. */
  released: () => void;
}

/** Work that needs the broker cannot end without it: an instance that is cut off gives up the lease after this long. */
const CUT_OFF_RELEASE_MS = 1_000;

/**
 * Keeps this instance among the living, and its share of the resources with it. Heartbeats go through a connection of
 * their own. Losing a heartbeat is harmless until the lease has run out; the fence holds in any case.
 */
export class Membership {
  readonly #store: OwnershipStore;
  readonly #options: MembershipOptions;
  readonly #holder: LeaseHolder;
  readonly #log: Log;
  readonly #signal: Signal;
  readonly #shares: Shares;
  readonly #leases = new Map<string, Lease>();
  readonly #releasing = new Map<string, Promise<void>>();
  #accepts = true;
  #stopping = false;
  #running: Promise<void> | undefined;
  #renewedAt = -Infinity;
  #differing = '';
  /** When a resource that had an owner was first seen without a live one. */
  readonly #unownedSince = new Map<string, number>();

  constructor(store: OwnershipStore, options: MembershipOptions, holder: LeaseHolder, log: Log) {
    this.#store = store;
    this.#options = options;
    this.#signal = options.signal;
    this.#shares = new Shares(options.instance);
    this.#holder = holder;
    this.#log = log;
  }

  /** False when the last heartbeat that succeeded is older than the lease. */
  get renewing(): boolean {
    return performance.now() - this.#renewedAt < this.#options.leaseMs;
  }

  /** Instances that handle another set of events, as of the last heartbeat: expected during a rolling deploy only. */
  get differingInstances(): readonly string[] {
    return this.#differing === '' ? [] : this.#differing.split(', ');
  }

  /** Resources that had an owner once, and for this long no live instance, as of the last heartbeat. */
  unowned(forMs: number): string[] {
    const before = performance.now() - forMs;
    return [...this.#unownedSince].filter(([, since]) => since <= before).map(([resource]) => resource);
  }

  lease(resource: string): Lease | undefined {
    return this.#leases.get(resource);
  }

  get held(): string[] {
    return [...this.#leases.keys()].sort();
  }

  /**
   * Resolves when this instance has its first share: none, if others hold everything and have to give back first.
   * An answer that takes longer than a lease costs another try, as it does later on. Rejects with what the database
   * said, or with `UNREACHABLE` or `NO_ANSWER` after the boot's time.
   */
  async start(): Promise<void> {
    const deadline = performance.now() + this.#options.bootTimeoutMs;
    let joined = false;
    while (!joined) joined = await this.#joined(deadline);
    this.#running = this.#run();
  }

  /** Looks at once whether there is something to take or to give back. */
  nudge(): void {
    this.#signal.set();
  }

  /** Gives back the named resources after finishing what runs, and takes nothing new. */
  async handBack(resources: readonly string[]): Promise<void> {
    this.#accepts = false;
    await this.giveBack(resources);
  }

  /** Gives back the named resources after finishing what runs. Its role decides whether it takes them again. */
  async giveBack(resources: readonly string[]): Promise<void> {
    await Promise.all(resources.map((resource) => this.#giveBack(resource)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal.set();
    await this.#running;
    await this.handBack(this.held);
    await this.#store.leave();
    this.#options.released();
  }

  /** False when it is worth another try, after a pause. */
  async #joined(deadline: number): Promise<boolean> {
    try {
      await this.#store.declare(this.#options.resources);
      await this.#renew();
      await this.#balance();
      return true;
    } catch (error) {
      // What an earlier try took.
      if (!this.renewing) this.#loseAll();
      if (performance.now() > deadline || !isDatabaseUnavailable(error)) throw error;
      this.#log.warn({ error: String(error) }, 'The database does not answer in time for leases yet');
      await this.#signal.wait(this.#options.leaseMs / 4);
      if (this.#stopping) throw error;
      return false;
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#renew();
        await this.#balance();
      } catch (error) {
        this.#log.warn({ error: String(error) }, 'Leases could not be renewed');
        if (!this.renewing) this.#loseAll();
      }
      await this.#signal.wait(this.#options.leaseMs / 4);
    }
  }

  async #renew(): Promise<void> {
    const startedAt = performance.now();
    const heartbeat = { accepts: this.#accepts, ...this.#options.describe() };
    await this.#store.heartbeat(heartbeat, this.#options.leaseMs);
    this.#renewedAt = startedAt;
  }

  async #balance(): Promise<void> {
    const [members, rows] = await Promise.all([this.#store.members(), this.#store.all()]);
    this.#dropTaken(rows);
    this.#compareHandlers(members);
    this.#noteUnowned(members, rows);
    const resources = rows.map((row) => row.resource);
    const wanted = this.#accepts ? this.#shares.of(resources, members) : new Set<string>();
    for (const resource of this.held) {
      if (this.#accepts && !wanted.has(resource)) void this.#giveBack(resource);
    }
    const missing = [...wanted].filter((resource) => !this.#leases.has(resource));
    if (missing.length > 0) await this.#take(missing);
    await this.#giveUpStrays(rows, wanted);
  }

  /** Rows that name this instance as owner although it holds no lease: an earlier release, or the answer to a take, was lost. */
  async #giveUpStrays(rows: readonly OwnershipRow[], wanted: ReadonlySet<string>): Promise<void> {
    const strays = rows.filter(
      ({ resource, owner }) =>
        owner === this.#options.instance &&
        !this.#leases.has(resource) &&
        !this.#releasing.has(resource) &&
        !wanted.has(resource),
    );
    if (strays.length === 0) return;
    await this.#store.release(strays);
    this.#options.released();
  }

  #noteUnowned(members: readonly Member[], rows: readonly OwnershipRow[]): void {
    const alive = new Set(members.map(({ instance }) => instance));
    for (const { resource, owner, epoch } of rows) {
      const owned = epoch === 0 || (owner !== null && alive.has(owner));
      if (owned) this.#unownedSince.delete(resource);
      else if (!this.#unownedSince.has(resource)) this.#unownedSince.set(resource, performance.now());
    }
  }

  /** A partition does not wait for the right instance: during a rolling deploy either set must go on. */
  #compareHandlers(members: readonly Member[]): void {
    const { intake, handlers } = this.#options.describe();
    const others = members.filter((member) => intake && member.intake && member.handlers !== '');
    const differing = others.filter((member) => member.handlers !== handlers).map(({ instance }) => instance);
    const names = differing.join(', ');
    if (names === this.#differing) return;
    this.#differing = names;
    if (names === '') return;
    const consequence = 'an event that only one of them handles becomes a dead letter at the other';
    this.#log.warn({ instances: names, consequence }, 'Other instances handle a different set of events');
  }

  /** Another instance found us expired and took over. */
  #dropTaken(rows: readonly OwnershipRow[]): void {
    for (const row of rows) {
      const lease = this.#leases.get(row.resource);
      if (lease === undefined || (row.owner === lease.owner && row.epoch === lease.epoch)) continue;
      this.#lose(lease);
    }
  }

  async #take(resources: readonly string[]): Promise<void> {
    const taken = await this.#store.take(resources);
    for (const row of taken) {
      const lease = { ...row, owner: this.#options.instance };
      this.#leases.set(row.resource, lease);
      this.#log.info(row, 'Lease taken');
      this.#holder.acquired(lease);
      // Stopped while the answer was on its way.
      if (!this.#accepts) void this.#giveBack(row.resource);
    }
  }

  #giveBack(resource: string): Promise<void> {
    const lease = this.#leases.get(resource);
    if (lease === undefined) return Promise.resolve();
    const running = this.#releasing.get(resource);
    if (running !== undefined) return running;
    const releasing = this.#release(lease).finally(() => this.#releasing.delete(resource));
    this.#releasing.set(resource, releasing);
    return releasing;
  }

  async #release(lease: Lease): Promise<void> {
    const { resource } = lease;
    try {
      await this.#letGo(lease);
      // Lost, and perhaps taken again, while the last handlers finished.
      if (this.#leases.get(resource) !== lease) return;
      this.#leases.delete(resource);
      await this.#store.release([lease]);
      this.#log.info({ resource }, 'Lease given back');
      this.#options.released();
    } catch (error) {
      this.#log.warn({ resource, error: String(error) }, 'Lease not given back; it will be tried again');
    }
  }

  /** Gives the holder the time it needs. While the broker does not answer, that could be forever. */
  async #letGo(lease: Lease): Promise<void> {
    const released = this.#holder.release(lease);
    while (!(await within(CUT_OFF_RELEASE_MS, released))) {
      if (!isCutOff(this.#options.describe())) continue;
      this.#holder.lost(lease);
      return;
    }
    await released;
  }

  #loseAll(): void {
    for (const lease of [...this.#leases.values()]) this.#lose(lease);
  }

  #lose(lease: Lease): void {
    this.#leases.delete(lease.resource);
    this.#log.warn({ resource: lease.resource, epoch: lease.epoch }, 'Lease lost');
    this.#holder.lost(lease);
  }
}
