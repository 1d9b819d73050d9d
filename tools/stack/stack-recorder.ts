import process from 'node:process';
import { killRecorded } from './leftovers.ts';
import { recordProcess, removeStackRecord, writeStackRecord, type StackRecord } from './stack-file.ts';
import type { StackPart } from './stack-parts.ts';

/** Keeps `stack.json` true while the stack lives, and kills what it names if this process ends unprepared. */
export class StackRecorder {
  readonly #file: string;
  readonly #startedAt = new Date().toISOString();
  readonly #killAll = (): void => killRecorded(this.#file);
  #state: StackRecord['state'] = 'starting';
  #databases: Record<string, string> = {};

  constructor(file: string) {
    this.#file = file;
    // An uncaught error, for one, must not leave processes behind either.
    process.once('exit', this.#killAll);
  }

  enter(state: StackRecord['state']): void {
    this.#state = state;
  }

  reachedBy(databases: Record<string, string>): void {
    this.#databases = databases;
  }

  record(parts: readonly StackPart[]): void {
    const { pid, identity } = recordProcess({ name: 'supervisor', url: '', pid: process.pid });
    writeStackRecord(this.#file, {
      state: this.#state,
      supervisor: { pid, identity },
      startedAt: this.#startedAt,
      parts: parts.flatMap(({ label, url, pid: own, log }) =>
        own === undefined ? [] : [recordProcess({ name: label, url, pid: own, log })],
      ),
      databases: this.#databases,
    });
  }

  /** Everything has ended: what is recorded and still runs has refused to. */
  close(): void {
    process.off('exit', this.#killAll);
    this.#killAll();
    removeStackRecord(this.#file);
  }
}
