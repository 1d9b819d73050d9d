import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { type KeptMessage, readMessage, type ReceivedMessage } from './received-message.ts';

/** As a line of the file has it: an earlier version kept messages as they are shown. */
type StoredMessage = KeptMessage | ReceivedMessage;

/** The messages of a sink, oldest first; with a file, one JSON line each, so that a restart forgets nothing. */
export class MessageStore {
  readonly #file: string | undefined;
  readonly #messages: StoredMessage[];
  readonly #read = new WeakMap<StoredMessage, Promise<ReceivedMessage>>();
  /** Appends go one after the other: two at once could mix their lines. */
  #writing: Promise<unknown> = Promise.resolve();
  /** What comes while the file is being written goes into the next append. */
  #lines = '';
  #append: Promise<void> | undefined;

  private constructor(file: string | undefined, messages: StoredMessage[]) {
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
      lines.map((line) => JSON.parse(line) as StoredMessage),
    );
  }

  list(): Promise<ReceivedMessage[]> {
    return Promise.all(this.#messages.map((message) => this.#readOnce(message)));
  }

  async add(message: KeptMessage): Promise<void> {
    const file = this.#file;
    if (file !== undefined) {
      this.#lines += `${JSON.stringify(message)}\n`;
      this.#append ??= this.#inTurn(() => this.#writeLines(file));
      await this.#append;
    }
    this.#messages.push(message);
  }

  async clear(): Promise<void> {
    const file = this.#file;
    if (file !== undefined) await this.#inTurn(() => truncate(file));
    this.#messages.length = 0;
  }

  async #writeLines(file: string): Promise<void> {
    const lines = this.#lines;
    this.#lines = '';
    this.#append = undefined;
    await appendFile(file, lines);
  }

  #readOnce(message: StoredMessage): Promise<ReceivedMessage> {
    const known = this.#read.get(message);
    if (known !== undefined) return known;
    const read = 'raw' in message ? readMessage(message) : Promise.resolve(message);
    this.#read.set(message, read);
    return read;
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(write);
    // A failed write fails its own caller, not the ones after it.
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
