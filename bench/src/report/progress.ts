import type { Figures, Workload } from '../harness/workload.ts';
import { withUnit } from './figure-text.ts';

export interface TurnPlace {
  readonly round: number;
  readonly position: number;
  readonly contestant: string;
}

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** What is going on, on standard error: one line that changes in a terminal, one line a turn elsewhere. */
export class Progress {
  readonly #output: Output;
  #workload: Workload | undefined;
  #rounds = 0;

  constructor(output: Output = process.stderr) {
    this.#output = output;
  }

  begin(workload: Workload, rounds: number): void {
    this.#workload = workload;
    this.#rounds = rounds;
    this.#output.write(`\n${workload.name}: ${workload.title}\n`);
  }

  turn(place: TurnPlace): void {
    if (this.#output.isTTY) this.#output.write(`\r\u001b[K${this.#where(place)} ...`);
  }

  figures(place: TurnPlace, figures: Figures): void {
    const [main] = this.#workload?.figures ?? [];
    const value = main === undefined ? undefined : figures[main.name];
    const text = main === undefined || value === undefined ? '' : withUnit(value, main);
    this.#output.write(`${this.#output.isTTY ? '\r\u001b[K' : ''}${this.#where(place)}: ${text}`);
    if (!this.#output.isTTY) this.#output.write('\n');
  }

  failed(place: TurnPlace, error: unknown): void {
    const reason = Error.isError(error) ? error.message : String(error);
    this.#output.write(`${this.#output.isTTY ? '\r\u001b[K' : ''}${this.#where(place)} failed: ${reason}\n`);
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\u001b[K');
  }

  #where({ round, position, contestant }: TurnPlace): string {
    const contestants = this.#workload?.contestants.length ?? 0;
    return `  round ${round + 1}/${this.#rounds}, ${position + 1}/${contestants} ${contestant}`;
  }
}
