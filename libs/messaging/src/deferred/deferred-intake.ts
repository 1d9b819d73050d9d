import type { ReceivedMessage } from '../message/received-message.ts';
import type { Log } from '../log/log.ts';
import type { Lease } from '../ownership/fence.ts';
import { ORDERED } from '../inbox/inbox.ts';
import type { Signal } from '../timing/signal.ts';
import type { DeferredStore, Run, Scope, Search } from './deferred-store.ts';

const LOOK_EVERY_MS = 250;
/** While there is more than there is room for. */
const LOOK_AGAIN_MS = 10;
/** Not for less room than this. */
const MIN_KEYS = 32;
/** Keys, and messages of queue groups, that are taken in at once. */
const MAX_KEYS = 256;
/** Messages of one key that are read at once. */
const MAX_RUN = 128;
/** Messages that may have been running when the last owner ended, at most: as many as a process takes in, those that have been due for longest. */
const MAX_SUSPECTS = 1_024;

/** What takes in what is due: the lanes of the partitions that this process owns. */
export interface DeferredHolder {
  /** Partitions for which something can be taken in now. */
  readonly storedPartitions: number[];
  readonly room: { readonly messages: number; readonly bytes: number };
  /** Messages that were taken in and are not yet handled. */
  readonly loaded: number;
  /** Counts what was written to the database. */
  readonly moves: number;
  leaseOf(partition: number): Lease | undefined;
  /** Keys of which more is wanted. */
  takeHungry(): string[];
  /** Whether messages of this key are being taken in anyway. */
  isDraining(key: string): boolean;
  load(run: Run, since: number): void;
  loadAlone(held: ReceivedMessage): void;
}

export interface DeferredIntakeParts {
  store: DeferredStore;
  holder: DeferredHolder;
  /** Set when there may be something to do. */
  signal: Signal;
  /** Messages of one key that a process handles at once, at most: so many may have been running when the last owner ended. */
  runLimit: number;
  /** By consumer: what its handlers call. */
  dependencies: ReadonlyMap<string, readonly string[]>;
  /** How many calls of a dependency may be tried now. */
  callsOf: (dependency: string) => number;
  log: Log;
}

/**
 * Takes in what waits in the database when its time has come, for the partitions that this process owns: the oldest
 * messages of a key go before those of the stream into the key's lane, and are handled as those are. Takes in no more
 * than there is room for. What waits for a dependency that is down is left where it is, however much it is.
 */
export class DeferredIntake {
  readonly #parts: DeferredIntakeParts;
  readonly #signal: Signal;
  /** Leases under which something was looked for, and how many suspects there were. */
  readonly #leases = new Map<string, number>();
  /** Partitions that were taken and may have messages which wait for dependencies that no handler names. */
  readonly #forgetting = new Set<number>();
  /** Keys of which more is wanted, and was not read yet. */
  readonly #hungry = new Set<string>();
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(parts: DeferredIntakeParts) {
    this.#parts = parts;
    this.#signal = parts.signal;
  }

  start(): void {
    this.#stopping = false;
    this.#running = this.#run();
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.#signal.set();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal.set();
    await this.#running;
  }

  async #run(): Promise<void> {
    let lookAt = 0;
    while (!this.#stopping) {
      try {
        const wasHungry = await this.#feed();
        // Those who are being fed do not keep others from being found.
        if (!wasHungry || performance.now() >= lookAt) {
          const isFull = await this.#look();
          lookAt = performance.now() + (isFull ? LOOK_AGAIN_MS : LOOK_EVERY_MS);
        }
      } catch (error) {
        this.#parts.log.debug({ error: String(error) }, 'Deferred messages could not be looked up');
        await this.#signal.wait(LOOK_EVERY_MS);
      }
      await this.#signal.wait(Math.max(lookAt - performance.now(), 1));
    }
  }

  /** Reads on for keys that have handled what was read before. */
  async #feed(): Promise<boolean> {
    for (const key of this.#parts.holder.takeHungry()) this.#hungry.add(key);
    const keys = [...this.#hungry].slice(0, MAX_KEYS);
    if (keys.length > 0) await this.#loadKeys(keys);
    return keys.length > 0;
  }

  /** Returns whether there may be more than was taken in. */
  async #look(): Promise<boolean> {
    const { holder, store } = this.#parts;
    const partitions = holder.storedPartitions;
    if (partitions.length === 0) return false;
    await this.#meetPartitions(partitions);
    const { messages, bytes } = holder.room;
    const limit = Math.min(messages, MAX_KEYS);
    if (limit < MIN_KEYS || bytes <= 0) return true;
    const keysFound = await this.#dueKeys(partitions, limit);
    if (keysFound.length > 0) await this.#loadKeys(keysFound);
    const ids = await this.#dueMessages(partitions, limit);
    for (const held of ids.length === 0 ? [] : await store.loadMessages(ids, holder.room))
      holder.loadAlone(this.#suspected(held));
    const isFull = keysFound.length === limit || ids.length === limit;
    // What comes later was not running when the last owner ended.
    if (!isFull) for (const name of this.#leases.keys()) this.#leases.set(name, MAX_SUSPECTS);
    return isFull;
  }

  async #dueKeys(partitions: readonly number[], limit: number): Promise<string[]> {
    const { holder, store } = this.#parts;
    const scopes = this.#scopes((consumer) => consumer === ORDERED);
    // Those that are taken in already are due as well, until they are handled.
    const found = await store.dueKeys({ partitions, scopes, limit: limit + holder.loaded });
    return found.filter((key) => !holder.isDraining(key)).slice(0, limit);
  }

  async #dueMessages(partitions: readonly number[], limit: number): Promise<number[]> {
    const { holder, store } = this.#parts;
    const ids: number[] = [];
    for (const consumer of this.#parts.dependencies.keys()) {
      const scopes = this.#scopes((name) => name === consumer && name !== ORDERED);
      if (scopes.length === 0) continue;
      const search: Search = { partitions, scopes, limit: limit + holder.loaded };
      const found = await store.dueMessages(search);
      ids.push(...found.filter((id) => !holder.isDraining(`${consumer} ${String(id)}`)));
    }
    return ids.slice(0, limit);
  }

  #scopes(of: (consumer: string) => boolean): Scope[] {
    return [...this.#parts.dependencies]
      .filter(([consumer]) => of(consumer))
      .flatMap(([consumer, dependencies]) =>
        ['', ...dependencies].map((dependency) => ({
          consumer,
          dependency,
          most: this.#callsOf(dependency),
        })),
      )
      .filter(({ most }) => most > 0);
  }

  #callsOf(dependency: string): number {
    return dependency === '' ? MAX_KEYS * 8 : Math.min(this.#parts.callsOf(dependency), MAX_KEYS * 8);
  }

  async #loadKeys(keys: readonly string[]): Promise<void> {
    const { holder, store, runLimit } = this.#parts;
    const since = holder.moves;
    const { messages, bytes } = holder.room;
    const perKey = Math.min(Math.max(Math.floor(messages / keys.length), 1), MAX_RUN);
    const { runs, isFull } = await store.loadKeys(keys, { perKey, bytes: Math.max(bytes, 1) });
    for (const run of runs) {
      const suspects = run.messages.map((held, index) => (index < runLimit ? this.#suspected(held) : held));
      this.#hungry.delete(run.key);
      holder.load({ ...run, messages: suspects }, since);
    }
    if (isFull) return;
    const none = runs.filter((run) => run.messages.length === 0).map((run) => run.key);
    if (none.length > 0) await store.settle(none);
  }

  async #meetPartitions(partitions: readonly number[]): Promise<void> {
    const { holder, store, dependencies } = this.#parts;
    const names = new Map(partitions.map((partition) => [nameOf(holder.leaseOf(partition)), partition]));
    for (const name of this.#leases.keys()) if (!names.has(name)) this.#leases.delete(name);
    for (const [name, partition] of names) {
      if (this.#leases.has(name)) continue;
      this.#leases.set(name, 0);
      this.#forgetting.add(partition);
    }
    // The next owner may be of a version that names them.
    for (const partition of this.#forgetting)
      if (!partitions.includes(partition)) this.#forgetting.delete(partition);
    if (this.#forgetting.size === 0) return;
    const known = [...new Set([...dependencies.values()].flat())];
    // A part of them at each look: what is known goes on meanwhile.
    const wasAll = await store.forgetDependencies([...this.#forgetting], known);
    if (wasAll) this.#forgetting.clear();
  }

  /** The last owner of its partition ended in the middle of something. */
  #suspected(held: ReceivedMessage): ReceivedMessage {
    const lease = this.#parts.holder.leaseOf(held.partition);
    const suspects = this.#leases.get(nameOf(lease)) ?? 0;
    if (lease?.suspicious !== true || suspects >= MAX_SUSPECTS) return held;
    this.#leases.set(nameOf(lease), suspects + 1);
    held.suspect = true;
    return held;
  }
}

function nameOf(lease: Lease | undefined): string {
  return lease === undefined ? '' : `${lease.resource} ${String(lease.epoch)}`;
}
