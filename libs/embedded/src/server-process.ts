import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { prepare, type Invocation } from './run-as.ts';

export interface ServerOptions extends Invocation {
  /** Standard output and error are appended here. */
  logFile: string;
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** A server as a child process. `pid` is the server's own, whatever it was started through. */
export class ServerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #logFile: string;
  readonly #logStart: number;

  private constructor(child: ChildProcess, pid: number, log: { file: string; start: number }) {
    this.#child = child;
    this.pid = pid;
    this.#logFile = log.file;
    this.#logStart = log.start;
    this.#exited = this.running ? once(child, 'exit').then(() => undefined) : Promise.resolve();
  }

  static async launch(options: ServerOptions): Promise<ServerProcess> {
    const { command, args, identity } = prepare(options);
    const log = openSync(options.logFile, 'a');
    const start = statSync(options.logFile).size;
    try {
      const env = options.env ?? process.env;
      const child = spawn(command, args, {
        ...identity,
        cwd: options.cwd,
        env,
        stdio: ['ignore', log, log],
        // Ctrl-C reaches the whole process group of a terminal; a server ends when its starter says so, and after its clients.
        detached: true,
      });
      await once(child, 'spawn');
      if (child.pid === undefined) throw new Error(`${command} was started without a process id`);
      return new ServerProcess(child, child.pid, { file: options.logFile, start });
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What the server has logged since this start. */
  log(): string {
    return readFileSync(this.#logFile).subarray(this.#logStart).toString('utf8');
  }

  /** Sends a signal and waits until the process is gone. Signals that do not end it are sent with `process.kill`. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.running) this.#child.kill(signal);
    await this.#exited;
  }

  /** Asks the server to end, and ends it by SIGKILL when it has not done so within the deadline. */
  async stop(signal: NodeJS.Signals, deadlineMs: number): Promise<void> {
    const force = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    try {
      await this.kill(signal);
    } finally {
      clearTimeout(force);
    }
  }
}
