import { describe, expect, it } from '@jest/globals';
import { intakeStart } from './intake-start.ts';

const CREATED = '2026-01-01T00:00:00Z';

function start(
  stream: { first: number; last: number; created?: string },
  consumer: { floor: number; delivered?: number },
  known?: number,
): ReturnType<typeof intakeStart> {
  const state = { first_seq: stream.first, last_seq: stream.last } as Parameters<
    typeof intakeStart
  >[0]['state'];
  const sequences = (sequence: number): Parameters<typeof intakeStart>[1]['ack_floor'] => ({
    consumer_seq: 0,
    stream_seq: sequence,
    last_active: 0,
  });
  return intakeStart(
    { created: stream.created ?? CREATED, state },
    { ack_floor: sequences(consumer.floor), delivered: sequences(consumer.delivered ?? consumer.floor) },
    known === undefined ? undefined : { incarnation: CREATED, sequence: known },
  );
}

const CALM = { fromFirst: false, removed: undefined };

describe('where an intake begins', () => {
  it.each([
    ['at the floor', start({ first: 1, last: 100 }, { floor: 50 }, 60)],
    ['at the floor of a new consumer of an old stream', start({ first: 500, last: 900 }, { floor: 0 })],
    ['at the end of a stream that was emptied', start({ first: 101, last: 100 }, { floor: 100 }, 100)],
    ['in a quiet partition of an old stream', start({ first: 500, last: 900 }, { floor: 20 }, 880)],
    ['in a stream that was made anew', start({ first: 1, last: 5, created: 'later' }, { floor: 0 }, 880)],
  ])('%s', (_where, found) => {
    expect(found).toEqual(CALM);
  });

  it.each([
    ['the floor is above its end', start({ first: 1, last: 40 }, { floor: 50 }, 30)],
    [
      'something was delivered above its end',
      start({ first: 1, last: 40 }, { floor: 30, delivered: 50 }, 30),
    ],
    ['the position is above its end', start({ first: 1, last: 40 }, { floor: 30 }, 50)],
    ['the floor is above its end, whatever was known', start({ first: 1, last: 40 }, { floor: 50 })],
  ])('with the first message, when the stream was put back: %s', (_why, found) => {
    expect(found).toEqual({ fromFirst: true, removed: undefined });
  });

  it('names what was removed before it was handled', () => {
    expect(start({ first: 81, last: 100 }, { floor: 50 }, 60).removed).toEqual({ from: 61, to: 80 });
    expect(start({ first: 101, last: 100 }, { floor: 50 }, 60).removed).toEqual({ from: 61, to: 100 });
  });
});
