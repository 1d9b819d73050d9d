import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { prepare, type Invocation } from './run-as.ts';

export interface CommandResult {
  ok: boolean;
  /** Why it is not ok: exit code, signal, time-out, or why it could not be started. */
  outcome: string;
  stdout: string;
  stderr: string;
}

export interface CommandOptions extends Invocation {
  timeoutMs: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end. It never throws for what the command does: the result says how it ended. */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { command, args, identity } = prepare(options);
  const child = spawn(command, args, {
    ...identity,
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Not spawn's own time-out: its timer keeps the process alive when the command could not be started.
  const limit = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(describeEnd(code, signal, options.timeoutMs)));
  });
  const [outcome, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearTimeout(limit);
  return { ok: outcome === '', outcome, stdout, stderr };
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null, timeoutMs: number): string {
  if (code === 0) return '';
  if (signal === 'SIGKILL') return `was killed (time limit ${timeoutMs} ms)`;
  return signal === null ? `ended with code ${code}` : `ended by ${signal}`;
}
