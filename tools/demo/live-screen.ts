import { boardTable, nameOf, shortId } from './board-table.ts';
import type { FeedListener } from './fact-feed.ts';
import type { OrderBoard } from './order-board.ts';

/** Shows the board while facts come in. */
export interface LiveScreen extends FeedListener {
  /** Shows the last state and lets go of the terminal. */
  close(): void;
}

export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'rows' | 'columns'>;

/** In lines: the head, the dead letters, the line below. */
const besideOrders = 4;

/** A table that is drawn again and again where there is a terminal with room for it, one line for each fact elsewhere. */
export function liveScreen(board: OrderBoard, orders: number, output: Output = process.stdout): LiveScreen {
  const fits = output.isTTY && output.rows >= orders + besideOrders;
  return fits ? new TableScreen(board, output) : new LineScreen(output);
}

const redrawMs = 100;

class TableScreen implements LiveScreen {
  readonly #board: OrderBoard;
  readonly #output: Output;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(board: OrderBoard, output: Output) {
    this.#board = board;
    this.#output = output;
    this.#timer = setInterval(() => this.#draw(), redrawMs);
  }

  fact(): void {
    // The next drawing shows it.
  }

  deadLetter(): void {
    // The next drawing shows it.
  }

  close(): void {
    clearInterval(this.#timer);
    this.#draw();
  }

  #draw(): void {
    // A wrapped line would break the count of lines to go back.
    const lines = boardTable(this.#board).map((line) => line.slice(0, this.#output.columns - 1));
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#output.write(`${back}${lines.map((line) => `${line}\u001b[K\n`).join('')}`);
    this.#drawn = lines.length;
  }
}

class LineScreen implements LiveScreen {
  readonly #output: Output;
  readonly #beganAt = Date.now();

  constructor(output: Output) {
    this.#output = output;
  }

  fact: FeedListener['fact'] = ({ stream, sequence, key, event, orderId }) => {
    this.#say(
      `${nameOf(key).padEnd(7)} ${shortId(orderId).padEnd(8)} ${stream.padEnd(13)} ${event} (${sequence})`,
    );
  };

  deadLetter: FeedListener['deadLetter'] = ({ consumer, key, reason }) => {
    this.#say(`${nameOf(key).padEnd(7)} ${'-'.padEnd(8)} DEAD_LETTERS  at ${consumer}: ${reason}`);
  };

  close(): void {
    // Nothing is held.
  }

  #say(what: string): void {
    this.#output.write(`+${((Date.now() - this.#beganAt) / 1000).toFixed(2).padStart(5)} s  ${what}\n`);
  }
}
