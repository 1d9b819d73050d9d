import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, stableAfterMs } from './backoff.ts';
import { describeExit, type RunningProcess } from './child-process.ts';

/** How one part is started; the supervisor decides when. */
export interface ProcessPlan {
  label: string;
  /**
   * Starts the process, tells its pid through `started` as soon as it has one, and resolves when it is ready. Rejects
   * when it ends before, or with the signal; what it has told through `started` is the supervisor's to end.
   */
  launch(started: (process: RunningProcess) => void, signal: AbortSignal): Promise<void>;
}

export interface SupervisorReport {
  /** Another process id, or none. */
  changed(): void;
  said(line: string): void;
}

/** Keeps one process running: restarts it with backoff when it ends on its own, until it is stopped. */
export class SupervisedProcess {
  readonly label: string;
  readonly #plan: ProcessPlan;
  readonly #report: SupervisorReport;
  readonly #stopping = new AbortController();
  #process: RunningProcess | undefined;
  #runs = false;
  #supervision: Promise<void> = Promise.resolve();
  #attempt = 0;
  #readyAt = 0;
  #askedToRestart: PromiseWithResolvers<void> | undefined;

  constructor(plan: ProcessPlan, report: SupervisorReport) {
    this.label = plan.label;
    this.#plan = plan;
    this.#report = report;
  }

  /** Undefined between the end of a process and its restart. */
  get pid(): number | undefined {
    return this.#runs ? this.#process?.pid : undefined;
  }

  /** The first start: it either becomes ready or fails; a process that does not start is not tried again. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#launch(AbortSignal.any([signal, this.#stopping.signal]));
    this.#supervision = this.#supervise();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends the process politely and resolves when the next one is ready. */
  async restart(): Promise<void> {
    this.#askedToRestart ??= Promise.withResolvers<void>();
    const { promise } = this.#askedToRestart;
    await this.#process?.stop();
    await promise;
  }

  /** Ends the process and its supervision. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const polite = await this.#process?.stop();
    if (polite === false) this.#report.said(`${this.label} did not end in time and was killed`);
    await this.#supervision;
  }

  async #launch(signal: AbortSignal): Promise<void> {
    await this.#plan.launch((process) => {
      this.#process = process;
      this.#runs = true;
      void process.exited.then(() => this.#ended(process));
      this.#report.changed();
      // Asked to stop while it was being started: nobody else will end it.
      if (this.#stopping.signal.aborted) void process.stop();
    }, signal);
    this.#readyAt = Date.now();
  }

  #ended(process: RunningProcess): void {
    if (this.#process !== process) return;
    this.#runs = false;
    this.#report.changed();
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#process !== undefined) {
      const ended = await this.#process.exited;
      if (signal.aborted) break;
      if (Date.now() - this.#readyAt >= stableAfterMs) this.#attempt = 0;
      let reason = `died (${describeExit(ended)})`;
      while (reason !== '' && (await this.#pauseAfter(reason, signal))) reason = await this.#relaunch(signal);
    }
    this.#askedToRestart?.reject(new Error(`${this.label} was stopped`));
  }

  /** @returns false if it is to be stopped instead */
  async #pauseAfter(reason: string, signal: AbortSignal): Promise<boolean> {
    if (this.#askedToRestart !== undefined) return !signal.aborted;
    const waitMs = backoffMs(this.#attempt);
    this.#attempt += 1;
    this.#report.said(`${this.label} ${reason}; restarting in ${waitMs / 1000} s`);
    return delay(waitMs, true, { signal }).catch(() => false);
  }

  /** @returns why it does not run, or nothing when it does */
  async #relaunch(signal: AbortSignal): Promise<string> {
    try {
      await this.#launch(signal);
    } catch (error) {
      // Not fatal: it is tried again, later each time, until it runs or is stopped.
      await this.#process?.stop();
      this.#askedToRestart?.reject(error);
      this.#askedToRestart = undefined;
      return `did not start again (${firstLine(error)})`;
    }
    this.#report.said(`${this.label} runs again (process ${this.pid ?? 'unknown'})`);
    this.#askedToRestart?.resolve();
    this.#askedToRestart = undefined;
    return '';
  }
}

const firstLine = (error: unknown): string =>
  String(Error.isError(error) ? error.message : error).split('\n')[0] ?? '';
