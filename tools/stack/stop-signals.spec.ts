import process from 'node:process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { onStopSignals, sameGestureMs, type StopSignals } from './stop-signals.ts';

describe('stop signals', () => {
  let now = 1_000_000;
  const seconds: NodeJS.Signals[] = [];
  let stop: StopSignals | undefined;
  const begin = (): StopSignals =>
    (stop = onStopSignals(
      (signal) => seconds.push(signal),
      () => now,
    ));

  afterEach(() => {
    stop?.off();
    seconds.length = 0;
  });

  it('stop politely at the first', () => {
    const { first } = begin();
    expect(first.aborted).toBe(false);
    process.emit('SIGTERM', 'SIGTERM');
    expect(first.aborted).toBe(true);
    expect(seconds).toEqual([]);
  });

  it('count one Ctrl-C that comes from the terminal, npm and the set-up as one', () => {
    begin();
    for (let copy = 0; copy < 3; copy += 1) {
      now += sameGestureMs / 4;
      process.emit('SIGINT', 'SIGINT');
    }
    expect(seconds).toEqual([]);
  });

  it('lose patience at a second one', () => {
    begin();
    process.emit('SIGINT', 'SIGINT');
    now += sameGestureMs + 1;
    process.emit('SIGINT', 'SIGINT');
    expect(seconds).toEqual(['SIGINT']);
  });
});
