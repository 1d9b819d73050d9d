import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type LoadCommand, LoadRun } from '../compose/load-run.ts';
import { workspaceRoot } from '../stack/stack-layout.ts';
import type { Answered } from './inside/requests.ts';
import type { Kubectl } from './kubectl.ts';

/** A program that runs in the toolbox until its standard input ends. */
export class ToolboxProgram {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #lines: string[] = [];
  readonly #running = Promise.withResolvers<void>();

  constructor({ program, args }: LoadCommand) {
    this.#child = spawn(program, args, { cwd: workspaceRoot, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (line === 'running') this.#running.resolve();
        else this.#lines.push(line);
      });
    }
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  async running(): Promise<void> {
    const gone = this.#exited.then((code) => {
      throw new Error(`it ended with ${code ?? 'a signal'} before it ran: ${this.#lines.join(' ')}`);
    });
    await Promise.race([this.#running.promise, gone]);
  }

  /** Its last line, once it has ended. */
  async result(): Promise<string> {
    this.#child.stdin?.end();
    const code = await this.#exited;
    const last = this.#lines.at(-1) ?? '';
    if (code !== 0) throw new Error(`it ended with ${code ?? 'a signal'}: ${this.#lines.join(' ')}`);
    return last;
  }

  abandon(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The pod from which the test places orders and measures. */
export class Toolbox {
  readonly #kubectl: Kubectl;
  readonly #pod: string;

  private constructor(kubectl: Kubectl, pod: string) {
    this.#kubectl = kubectl;
    this.#pod = pod;
  }

  static async find(kubectl: Kubectl): Promise<Toolbox> {
    return new Toolbox(kubectl, await kubectl.pod('toolbox'));
  }

  /** Orders by several users, judged at their end by all checks of the demo. */
  load(say: (line: string) => void): LoadRun {
    return new LoadRun(this.#command('tools/compose/load.ts'), say);
  }

  /** Orders at a steady pace, each answer noted. */
  requests(mode: 'new' | 'kept'): RequestRun {
    return new RequestRun(this.start('tools/kubernetes/inside/requests.ts', mode));
  }

  start(...program: string[]): ToolboxProgram {
    return new ToolboxProgram(this.#command(...program));
  }

  /** Standard output of a program in JavaScript. */
  async evaluate(program: string): Promise<string> {
    return await this.#kubectl.exec(this.#pod, ['node', '-e', program]);
  }

  #command(...program: string[]): LoadCommand {
    return {
      program: 'kubectl',
      args: this.#kubectl.arguments('exec', '-i', this.#pod, '--', 'node', ...program),
    };
  }
}

/** `inside/requests.ts`, seen from outside. */
export class RequestRun {
  readonly #program: ToolboxProgram;

  constructor(program: ToolboxProgram) {
    this.#program = program;
  }

  running(): Promise<void> {
    return this.#program.running();
  }

  async answers(): Promise<Answered[]> {
    const found: unknown = JSON.parse(await this.#program.result());
    if (!Array.isArray(found) || !found.every(isAnswered))
      throw new Error('the toolbox gave no list of answers');
    return found;
  }

  abandon(): void {
    this.#program.abandon();
  }
}

function isAnswered(value: unknown): value is Answered {
  return typeof value === 'object' && value !== null && 'at' in value && 'ms' in value;
}
