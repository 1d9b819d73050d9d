import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { workspaceRoot } from '../stack/stack-layout.ts';

const startMs = 90_000;
const endMs = 180_000;

/** How to run the load program, with standard input and output of its own. */
export interface LoadCommand {
  program: string;
  args: readonly string[];
}

/** The load program (load.ts) in a container, seen from outside. */
export class LoadRun {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #say: (line: string) => void;
  readonly #running = Promise.withResolvers<void>();

  constructor({ program, args }: LoadCommand, say: (line: string) => void) {
    this.#say = say;
    this.#child = spawn(program, args, { cwd: workspaceRoot, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  /** Resolves when the first orders have come to their end. */
  async running(): Promise<void> {
    const gone = this.#exited.then((code) => {
      throw new Error(`the load ended with ${code ?? 'a signal'} before it ran`);
    });
    await within(startMs, Promise.race([this.#running.promise, gone]), 'the load did not get under way');
  }

  /** Ends the load. @returns whether every promise was kept */
  async verdict(): Promise<boolean> {
    this.#child.stdin?.end();
    return (await within(endMs, this.#exited, 'the load did not come to its verdict')) === 0;
  }

  /** When nobody waits for a verdict any more; whoever made its container removes it. */
  abandon(): void {
    this.#child.kill('SIGKILL');
  }

  #read(line: string): void {
    if (line === 'load: running') this.#running.resolve();
    else if (!/^\s*(Container|Network) /.test(line)) this.#say(line);
  }
}

async function within<T>(limitMs: number, work: Promise<T>, problem: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem} within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
