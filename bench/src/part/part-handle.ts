import { type ChildProcess, fork } from 'node:child_process';
import type { Done, FromPart, Run, ToPart } from './protocol.ts';

/** This file's own extension: the compiled sources run from `dist`, without a rewriting of texts. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const program = new URL(`./part-process${extension}`, import.meta.url);
const stopPatienceMs = 5_000;

/** The module of a part, e.g. `partModule('./redis.part', import.meta.url)`. */
export function partModule(name: string, from: string): URL {
  return new URL(`${name}${extension}`, from);
}

export interface PartOrigin {
  readonly module: URL;
  readonly options: object;
  /** Folder for a CPU profile of the whole process. */
  readonly profileTo?: string | undefined;
  /** More options of Node.js. */
  readonly execArgv?: readonly string[];
}

type Waiting = PromiseWithResolvers<FromPart>;

/** A part as a real process. One order at a time. */
export class PartHandle {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #waiting: Waiting | undefined;
  #failure: Error | undefined;

  /** Made by `startPart`. */
  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    child.on('message', (message: FromPart) => this.#receive(message));
    child.once('exit', (code, signal) => this.#fail(`ended by itself (${String(code ?? signal)})`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async go(run: Run): Promise<Done> {
    const answer = await this.ask({ type: 'go', run });
    if (answer.type !== 'done') throw new Error(`a part answered go with ${answer.type}`);
    return answer;
  }

  async ask(order: ToPart): Promise<FromPart> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#waiting = Promise.withResolvers();
    this.#send(order);
    return await this.#waiting.promise;
  }

  /** Sends a signal and does not wait: for workloads about what happens then. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Lets it end in its own way, and ends it when it does not. One that has ended by itself is no error. */
  async stop(): Promise<void> {
    this.#failure ??= new Error('the part was stopped');
    this.#waiting = undefined;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    if (this.#child.connected) this.#send({ type: 'stop' });
    const force = setTimeout(() => this.#child.kill('SIGKILL'), stopPatienceMs);
    await this.#exited;
    clearTimeout(force);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
  }

  /** One that ends at this moment cannot be told; that it has ended is known next. */
  #send(order: ToPart): void {
    this.#child.send(order, (error) => {
      if (error !== null) this.#fail(`cannot be told to ${order.type}: ${error.message}`);
    });
  }

  #receive(message: FromPart): void {
    if (message.type === 'failed') this.#fail(message.error);
    else this.#waiting?.resolve(message);
  }

  #fail(reason: string): void {
    this.#failure ??= new Error(`a part failed: ${reason}`);
    this.#waiting?.reject(this.#failure);
  }
}

/** Starts a process and waits until its module says that it is ready. */
export async function startPart({
  module,
  options,
  profileTo,
  execArgv = [],
}: PartOrigin): Promise<PartHandle> {
  const profiling = profileTo === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileTo];
  const stdio: ('ignore' | 'inherit' | 'ipc' | number)[] = ['ignore', 2, 2, 'ipc'];
  const handle = new PartHandle(
    fork(program, [], { execArgv: [...execArgv, ...profiling], stdio, serialization: 'advanced' }),
  );
  try {
    await handle.ask({ type: 'start', module: module.href, options });
    return handle;
  } catch (error) {
    await handle.kill();
    throw error;
  }
}
