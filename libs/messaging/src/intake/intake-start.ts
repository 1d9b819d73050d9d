import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import type { Position } from './intake-position.ts';

/** Messages of a stream, first and last one, that are no longer there. */
export interface RemovedRange {
  readonly from: number;
  readonly to: number;
}

export interface IntakeStart {
  /** The stream is not the one that this consumer was acknowledged in: take everything from its first message on. */
  readonly fromFirst: boolean;
  /** Removed before they were handled, as far as they were of this consumer. */
  readonly removed: RemovedRange | undefined;
}

/**
 * Where the intake of a consumer has to begin, by what the broker has and what was remembered.
 *
 * A floor above the end of the stream means that the stream was put back to an older moment: the server would deliver
 * nothing until the stream has grown past it (nats-server #5412), and what is stored there meanwhile would never come.
 *
 * @param known undefined when this consumer has never been used
 */
export function intakeStart(
  { created, state }: Pick<StreamInfo, 'created' | 'state'>,
  consumer: Pick<ConsumerInfo, 'ack_floor' | 'delivered'>,
  known: Position | undefined,
): IntakeStart {
  const { first_seq: first, last_seq: last } = state;
  const floor = consumer.ack_floor.stream_seq;
  const isSame = known?.incarnation === created;
  const wentBack = isSame && known.sequence > last;
  const fromFirst = wentBack || Math.max(floor, consumer.delivered.stream_seq) > last;
  if (fromFirst || !isSame) return { fromFirst, removed: undefined };
  const done = Math.max(floor, known.sequence);
  const removed = first > done + 1 ? { from: done + 1, to: first - 1 } : undefined;
  return { fromFirst, removed };
}
