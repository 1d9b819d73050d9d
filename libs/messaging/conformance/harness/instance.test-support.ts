import { ANSWER_PATIENCE_MS, eventually, typescriptArguments } from '@orderflow/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LedgerConfig } from './ledger-app.test-support.ts';

const SCRIPT = new URL('./ledger-process.test-support.ts', import.meta.url);

export interface LogLine {
  at: number;
  level: string;
  msg: string;
  [field: string]: unknown;
}

export interface Health {
  status: number;
  body: string;
}

/** One process of the ledger service. */
export class Instance {
  readonly name: string;
  readonly config: LedgerConfig;
  /** How it ended: its exit code, or the signal. */
  readonly exited: Promise<number | string>;
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  #noise = '';
  #gone = false;

  constructor(config: LedgerConfig) {
    this.name = config.instance;
    this.config = config;
    const env = { ...process.env, LEDGER: JSON.stringify(config) };
    this.#child = spawn(process.execPath, typescriptArguments(SCRIPT), {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('an instance has pipes');
    createInterface(stdout).on('line', (line) => this.#read(line));
    stderr.on('data', (chunk) => (this.#noise += String(chunk)));
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#gone = true;
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return !this.#gone;
  }

  get url(): string {
    const url = this.lineOf('running')?.['url'];
    return typeof url === 'string' ? url : '';
  }

  /** Everything that it printed. */
  get output(): string {
    return [...this.log.map((line) => JSON.stringify(line)), this.#noise].join('\n');
  }

  /** The first line of the log with this message. */
  lineOf(msg: string): LogLine | undefined {
    return this.log.find((line) => line.msg === msg);
  }

  /** Whether a row of `ledger` or `attempted` is by this process. One of the same name that follows it is another. */
  wrote(row: { instance: string }): boolean {
    return row.instance === this.lineOf('running')?.['instance'];
  }

  /** Waits until it takes messages. */
  async started(): Promise<this> {
    await eventually(
      () => {
        if (this.#gone || this.lineOf('boot failed'))
          throw new Error(`${this.name} did not start: ${this.output.slice(-4_000)}`);
        return this.lineOf('running') !== undefined;
      },
      { what: `${this.name} runs` },
    );
    return this;
  }

  /** SIGTERM, without waiting. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** SIGTERM; resolves with how it ended. */
  async stop(): Promise<number | string> {
    if (!this.#gone) this.terminate();
    return await this.exited;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#gone) this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** SIGSTOP: it does nothing more, and holds on to everything. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  ready(): Promise<Health> {
    return this.#ask('ready');
  }

  live(): Promise<Health> {
    return this.#ask('live');
  }

  async #ask(what: string): Promise<Health> {
    const response = await fetch(`${this.url}/health/${what}`, {
      signal: AbortSignal.timeout(ANSWER_PATIENCE_MS),
    });
    return { status: response.status, body: await response.text() };
  }

  #read(line: string): void {
    if (line.startsWith('{"at":')) this.log.push(JSON.parse(line) as LogLine);
    else this.#noise += `${line}\n`;
  }
}
