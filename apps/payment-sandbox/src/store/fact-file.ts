import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Fact, isFact } from '../domain/fact.ts';

interface Pending {
  line: string;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** The state file cannot be used as it is. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
  readonly code = 'STATE_FILE_DAMAGED';
  readonly remedy = 'Restore the file named by STATE_FILE, or move it away to start without any charge.';
}

/**
 * Facts, one JSON line each, only ever appended. `append` resolves when its line is on disk, so whatever was answered
 * for survives a kill. Calls that arrive while a write runs share the next one.
 */
export class FactFile {
  readonly #handle: FileHandle;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(file: string): Promise<{ file: FactFile; facts: Fact[] }> {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    const handle = await open(file, 'a');
    try {
      const { facts, bytes } = parse(await readFile(file, 'utf8'));
      await handle.truncate(bytes);
      await handle.sync();
      await syncFolder(path.dirname(path.resolve(file)));
      return { file: new FactFile(handle), facts };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async append(fact: Fact): Promise<void> {
    // After a failed write the file may end in half a line; appending to that would spoil a line that was answered for.
    if (this.#failure !== undefined) throw this.#failure;
    const done = new Promise<void>((resolve, reject) => {
      this.#pending.push({ line: `${JSON.stringify(fact)}\n`, resolve, reject });
    });
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    await done;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#handle.appendFile(batch.map(({ line }) => line).join(''));
        await this.#handle.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        for (const { reject } of batch) reject(this.#failure);
      }
    }
  }
}

/** A last line without its end was being written when the process died: nobody was answered for it. */
function parse(text: string): { facts: Fact[]; bytes: number } {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').slice(0, -1);
  return { facts: lines.map(parseLine), bytes: Buffer.byteLength(whole) };
}

function parseLine(line: string, index: number): Fact {
  try {
    const value: unknown = JSON.parse(line);
    if (isFact(value)) return value;
    throw new Error('It is no fact.');
  } catch (cause) {
    throw new StateFileError(`Line ${String(index + 1)} of the state file is damaged.`, { cause });
  }
}

// Without it a new file's name may be lost with the power, although its content was synced.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
