import type { SqlExecutor } from '@orderflow/database';

/** Everything up to `sequence` is done, in the stream that was created then. */
export interface Position {
  readonly incarnation: string;
  readonly sequence: number;
}

const LOAD = `
  SELECT incarnation, stream_seq::float8 AS sequence FROM messaging.intake_position
  WHERE stream = $1 AND consumer = $2`;

/** Never back within an incarnation: the writer may be the last owner, who does not know it yet. */
const SAVE = `
  INSERT INTO messaging.intake_position (stream, consumer, incarnation, stream_seq) VALUES ($1, $2, $3, $4)
  ON CONFLICT (stream, consumer) DO UPDATE SET incarnation = excluded.incarnation, stream_seq = excluded.stream_seq
  WHERE intake_position.incarnation <> excluded.incarnation OR intake_position.stream_seq < excluded.stream_seq OR $5`;

/** Remembers how far one durable consumer is done with its stream. */
export class IntakePosition {
  readonly #database: SqlExecutor;
  readonly #stream: string;
  readonly #consumer: string;
  #saved: Position | undefined;

  constructor(database: SqlExecutor, stream: string, consumer: string) {
    this.#database = database;
    this.#stream = stream;
    this.#consumer = consumer;
  }

  /** Undefined when nothing was remembered. */
  async load(): Promise<Position | undefined> {
    const [row] = await this.#database.query<Position>(LOAD, [this.#stream, this.#consumer]);
    this.#saved = row;
    return row;
  }

  /** @param back the stream itself went back: the position has to follow it */
  async save(position: Position, back = false): Promise<void> {
    const { incarnation, sequence } = position;
    if (this.#saved?.incarnation === incarnation && this.#saved.sequence === sequence) return;
    await this.#database.query(SAVE, [this.#stream, this.#consumer, incarnation, sequence, back]);
    this.#saved = position;
  }
}
