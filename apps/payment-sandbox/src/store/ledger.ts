import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SandboxConfig } from '../config.ts';
import { Book } from '../domain/book.ts';
import type { Fact } from '../domain/fact.ts';
import { FactFile } from './fact-file.ts';

/** The book and its file. What is in the book is on disk. */
@Injectable()
export class Ledger implements OnModuleInit, OnApplicationShutdown {
  readonly book = new Book();
  readonly #stateFile: string;
  readonly #turns = new Map<string, Promise<unknown>>();
  #file: FactFile | undefined;

  constructor(@Inject(SandboxConfig) config: SandboxConfig) {
    this.#stateFile = config.stateFile;
  }

  async onModuleInit(): Promise<void> {
    const { file, facts } = await FactFile.open(this.#stateFile);
    for (const fact of facts) this.book.apply(fact);
    this.#file = file;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#file?.close();
  }

  /** On disk first, then in the book, so that nothing is answered for that a restart would forget. */
  async record<F extends Fact>(fact: F): Promise<F> {
    if (this.#file === undefined) throw new Error('The ledger is not open yet.');
    await this.#file.append(fact);
    this.book.apply(fact);
    return fact;
  }

  /** Runs work on the same subject one after another: two calls with one key must not both decide. */
  async inTurn<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(subject) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(subject, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(subject) === turn) this.#turns.delete(subject);
    }
  }
}
