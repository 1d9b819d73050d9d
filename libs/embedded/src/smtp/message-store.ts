import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { ReceivedMessage } from './received-message.ts';

/** The messages of a sink, oldest first; with a file, one JSON line each, so that a restart forgets nothing. */
export class MessageStore {
  readonly #file: string | undefined;
  readonly #messages: ReceivedMessage[];
  /** Appends go one after the other: two at once could mix their lines. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: string | undefined, messages: ReceivedMessage[]) {
    this.#file = file;
    this.#messages = messages;
  }

  static async open(file?: string): Promise<MessageStore> {
    if (file === undefined) return new MessageStore(undefined, []);
    await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, '');
    const content = await readFile(file);
    // An unfinished last line is a message whose sender was never told that it is kept, and sends it again.
    const whole = content.lastIndexOf('\n') + 1;
    if (whole < content.length) await truncate(file, whole);
    const lines = content.subarray(0, whole).toString('utf8').split('\n').filter(Boolean);
    return new MessageStore(
      file,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- each line was written by this class
      lines.map((line) => JSON.parse(line) as ReceivedMessage),
    );
  }

  list(): ReceivedMessage[] {
    return [...this.#messages];
  }

  async add(message: ReceivedMessage): Promise<void> {
    const file = this.#file;
    if (file !== undefined) await this.#inTurn(() => appendFile(file, `${JSON.stringify(message)}\n`));
    this.#messages.push(message);
  }

  async clear(): Promise<void> {
    const file = this.#file;
    if (file !== undefined) await this.#inTurn(() => truncate(file));
    this.#messages.length = 0;
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(write);
    // A failed write fails its own caller, not the ones after it.
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
