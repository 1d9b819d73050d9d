import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { hasCode } from '../error-facts.ts';
import {
  byVersionDescending,
  tryBinary,
  type Attempt,
  type NatsServerSource,
} from './nats-server-version.ts';

/** What was fetched once, for all clones of this user: `<cache>/orderflow/nats-server-<version>/nats-server`. */
export class NatsCache {
  readonly directory: string;

  constructor(env: NodeJS.ProcessEnv) {
    const base = env['XDG_CACHE_HOME'];
    // The specification of XDG_CACHE_HOME has relative paths ignored.
    const root = base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), '.cache');
    this.directory = path.join(root, 'orderflow');
  }

  async find(): Promise<Attempt> {
    const folders = (await this.#entries()).filter((name) => name.startsWith('nats-server-'));
    const reasons: string[] = [];
    for (const folder of folders.toSorted(byVersionDescending)) {
      const attempt = await tryBinary(path.join(this.directory, folder, 'nats-server'), 'cache');
      if ('found' in attempt) return attempt;
      reasons.push(attempt.reason);
    }
    return { reason: reasons.join('; ') || `nothing in ${this.directory}` };
  }

  /** A folder to work in, on the file system of the cache so that the result can be moved into it at once. */
  async withWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(this.directory, { recursive: true });
    const folder = await mkdtemp(path.join(this.directory, 'fetch-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Takes a fetched program in. Whoever looks at the same time sees all of it or nothing. */
  async add(file: string, source: NatsServerSource): Promise<Attempt> {
    await chmod(file, 0o755);
    const fetched = await tryBinary(file, source);
    if ('reason' in fetched) return fetched;
    const folder = path.join(this.directory, `nats-server-${fetched.found.version}`);
    await mkdir(folder, { recursive: true });
    const target = path.join(folder, 'nats-server');
    await rename(file, target);
    return { found: { ...fetched.found, path: target } };
  }

  async #entries(): Promise<string[]> {
    try {
      return await readdir(this.directory);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
