import { existsSync } from 'node:fs';
import { logTail, startChild, type RunningProcess } from './child-process.ts';
import { drainDeadlineMs } from './program-environment.ts';
import { untilReady } from './readiness.ts';
import { StackError } from './stack-error.ts';
import { entryPoints, workspaceRoot } from './stack-layout.ts';
import type { ProcessPlan } from './supervised-process.ts';

export interface ProgramPlan {
  label: string;
  name: keyof typeof entryPoints;
  readyUrl: string;
  logFile: string;
  /** Asked at every start: a new process gets a new instance name. */
  environment(): Record<string, string>;
}

const startDeadlineMs = 60_000;
/** A service that has not drained by its own deadline has that much more to close its connections. */
const stopDeadlineMs = drainDeadlineMs + 5_000;

/** A built Node.js program of this workspace, run by the Node.js of this process; ready when its URL says so. */
export function programPlan(program: ProgramPlan): ProcessPlan {
  const { label, name, logFile } = program;
  return {
    label,
    async launch(started, signal) {
      const entry = entryPoints[name];
      if (!existsSync(entry)) throw notBuilt(label, entry);
      signal.throwIfAborted();
      const command = { command: process.execPath, args: [entry], cwd: workspaceRoot };
      const child = await startChild({
        ...command,
        environment: program.environment(),
        logFile,
        stopDeadlineMs,
      });
      started(child);
      await readyOrGone(program, child, signal);
    },
  };
}

async function readyOrGone(program: ProgramPlan, child: RunningProcess, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const deadline = AbortSignal.timeout(startDeadlineMs);
  const ready = untilReady(program.readyUrl, AbortSignal.any([over.signal, deadline, signal]));
  try {
    const gone = await Promise.race([ready.then(() => undefined), child.exited]);
    if (gone !== undefined) throw notReady(program, `ended before it was ready`);
  } catch (cause) {
    signal.throwIfAborted();
    throw deadline.aborted
      ? notReady(program, `was not ready after ${startDeadlineMs / 1000} s`, cause)
      : cause;
  } finally {
    over.abort();
    await ready.catch(() => undefined); // Ended by the line above; its outcome has been used.
  }
}

function notReady(program: ProgramPlan, what: string, cause?: unknown): StackError {
  return new StackError({
    code: 'did_not_become_ready',
    message: `${program.label} ${what}. The end of its log:\n${logTail(program.logFile)}`,
    remedy: `The whole log is ${program.logFile}; ${program.readyUrl} says what it waits for while it runs.`,
    cause,
  });
}

function notBuilt(label: string, entry: string): StackError {
  return new StackError({
    code: 'not_built',
    message: `${label} is not built: there is no ${entry}.`,
    remedy: 'Run "npx tsc -b", or start through npm, which builds.',
  });
}
