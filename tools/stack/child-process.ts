import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ExitReport {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that the supervisor looks after. */
export interface RunningProcess {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<ExitReport>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end and resolves when it is gone. Resolves to false if it had to be killed. */
  stop(): Promise<boolean>;
}

export interface ChildCommand {
  command: string;
  args: readonly string[];
  environment: Record<string, string>;
  cwd: string;
  logFile: string;
  /** After this long a stop becomes SIGKILL. */
  stopDeadlineMs: number;
}

/**
 * Starts a process with a process group of its own: Ctrl-C in the terminal then reaches the supervisor alone, which
 * ends its children in order. Output is appended to the log by the process itself, so none is lost with the supervisor.
 */
export async function startChild(command: ChildCommand): Promise<RunningProcess> {
  const log = openSync(command.logFile, 'a');
  try {
    const child = spawn(command.command, command.args, {
      cwd: command.cwd,
      env: command.environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    const exited = new Promise<ExitReport>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${command.command} was started without a process id`);
    return new Child(child.pid, exited, command.stopDeadlineMs);
  } finally {
    closeSync(log);
  }
}

class Child implements RunningProcess {
  readonly pid: number;
  readonly exited: Promise<ExitReport>;
  readonly #stopDeadlineMs: number;
  #gone = false;

  constructor(pid: number, exited: Promise<ExitReport>, stopDeadlineMs: number) {
    this.pid = pid;
    this.#stopDeadlineMs = stopDeadlineMs;
    this.exited = exited.then((report) => {
      this.#gone = true;
      return report;
    });
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#gone) return;
    try {
      // SIGKILL to the whole group: nobody is left to end what the process has started.
      process.kill(signal === 'SIGKILL' ? -this.pid : this.pid, signal);
    } catch (error) {
      // It ended a moment ago, and its exit has not been told yet.
      if (!(Error.isError(error) && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  async stop(): Promise<boolean> {
    let polite = true;
    const force = setTimeout(() => {
      polite = false;
      this.kill('SIGKILL');
    }, this.#stopDeadlineMs);
    this.kill('SIGTERM');
    await this.exited;
    clearTimeout(force);
    return polite;
  }
}

export function describeExit({ code, signal }: ExitReport): string {
  if (signal !== null) return signal;
  return code === null ? 'nobody saw how' : `exit code ${code}`;
}

/** The end of a log, for an error message. */
export function logTail(file: string, lines = 15): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
