/** Which dead letters are meant. */
export interface DeadLetterRange {
  consumer?: string | undefined;
  key?: string | undefined;
  stream?: string | undefined;
  /** Only later ones. */
  after?: number | undefined;
  /** Nor later than this one. */
  throughId?: number | undefined;
}

interface RangeSql {
  /** Conditions of a statement that reads messaging.parked. */
  readonly where: string;
  readonly order: string;
  /** From $1 on. */
  readonly values: readonly unknown[];
}

/**
 * The dead letters of a range, in the order of their ids, as conditions that are served by one of parked_dead,
 * parked_dead_key, parked_dead_consumer, parked_dead_stream and parked_dead_consumer_stream, whatever statistics there are:
 * of a comparison of rows the planner expects few, and no other index has their order. With `consumer = $1` it would
 * read all dead letters until enough have matched, or all that match to sort them.
 */
export function deadLetterRange(range: DeadLetterRange): RangeSql {
  const { consumer, key, stream, after = 0, throughId = Number.MAX_SAFE_INTEGER } = range;
  const given = Object.entries({ key, consumer, stream }).filter(([, value]) => value !== undefined);
  // A key has few: what else is asked of them is looked for among those.
  const leading = key === undefined ? given : given.slice(0, 1);
  const parameter = (index: number): string => `$${String(index + 3)}`;
  const columns = [...leading.map(([name]) => name), 'id'].join(', ');
  const bound = (id: string): string => [...leading.map((_, index) => parameter(index)), id].join(', ');
  // Both of two leading columns are compared by themselves as well: no shorter index serves them then.
  const equal = leading.length > 1 ? given : given.slice(leading.length);
  const others = equal.map((column) => ` AND ${column[0]} = ${parameter(given.indexOf(column))}`);
  return {
    where: `state = 'dead' AND (${columns}) > (${bound('$1::bigint')}) AND (${columns}) <= (${bound('$2::bigint')})${others.join('')}`,
    order: columns,
    values: [after, throughId, ...given.map(([, value]) => value)],
  };
}
