import { describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { ExclusiveGate } from './exclusive-gate.ts';

const NEVER = new AbortController().signal;
const NOTHING = (): void => undefined;

interface Run {
  readonly begun: boolean;
  readonly done: Promise<unknown>;
  end(): void;
}

function exclusive(gate: ExclusiveGate, options: { urgent?: boolean; signal?: AbortSignal } = {}): Run {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = false;
  const work = async (): Promise<void> => {
    begun = true;
    await promise;
  };
  const done = gate.exclusive({ work, urgent: options.urgent ?? false, signal: options.signal ?? NEVER });
  return {
    get begun() {
      return begun;
    },
    done,
    end: resolve,
  };
}

async function begins(run: Run): Promise<void> {
  await eventually(() => run.begun, { what: 'the exclusive run begins' });
}

describe('the gate', () => {
  it('lets others in side by side', () => {
    const gate = new ExclusiveGate();
    expect([gate.enter(NOTHING), gate.enter(NOTHING)]).toEqual([true, true]);
  });

  it('begins an exclusive run when the others have left, and lets no other in meanwhile', async () => {
    const gate = new ExclusiveGate();
    gate.enter(NOTHING);
    gate.enter(NOTHING);
    const run = exclusive(gate);
    expect(gate.enter(NOTHING)).toBe(false);
    gate.leave();
    await Promise.resolve();
    expect(run.begun).toBe(false);
    gate.leave();
    await begins(run);
    expect(gate.enter(NOTHING)).toBe(false);
    run.end();
    await run.done;
    expect(gate.enter(NOTHING)).toBe(true);
  });

  it('gives the others a turn between two exclusive runs', async () => {
    const gate = new ExclusiveGate();
    const opened: boolean[] = [];
    const [first, second] = [exclusive(gate), exclusive(gate)];
    await begins(first);
    expect(gate.enter(() => opened.push(gate.enter(NOTHING)))).toBe(false);
    first.end();
    await first.done;
    expect(opened[0]).toBe(true);
    expect(second.begun).toBe(false);
    for (const entered of opened) if (entered) gate.leave();
    await begins(second);
    second.end();
    await second.done;
  });

  it('does not pause between two exclusive runs when no other wants a turn', async () => {
    const gate = new ExclusiveGate();
    const [first, second] = [exclusive(gate), exclusive(gate)];
    await begins(first);
    first.end();
    await first.done;
    await begins(second);
    second.end();
    await second.done;
  });

  it('takes urgent runs first, and each kind in its order', async () => {
    const gate = new ExclusiveGate();
    gate.enter(NOTHING);
    const order: string[] = [];
    const run = (name: string, urgent: boolean): Promise<unknown> =>
      gate.exclusive({ work: () => Promise.resolve(order.push(name)), urgent, signal: NEVER });
    const all = [run('a', false), run('b', false), run('c', true), run('d', true)];
    gate.leave();
    await Promise.all(all);
    expect(order).toEqual(['c', 'd', 'a', 'b']);
  });

  it('forgets a run that is aborted before its turn, and lets the others in again', async () => {
    const gate = new ExclusiveGate();
    gate.enter(NOTHING);
    const abort = new AbortController();
    const run = exclusive(gate, { signal: abort.signal });
    let opened = 0;
    const again = (): number => opened++;
    expect([gate.enter(again), gate.enter(again)]).toEqual([false, false]);
    abort.abort();
    expect(await run.done).toBeUndefined();
    expect(run.begun).toBe(false);
    expect(opened).toBe(1);
    expect(gate.enter(NOTHING)).toBe(true);
  });

  it('opens again when the work fails', async () => {
    const gate = new ExclusiveGate();
    const work = (): Promise<void> => Promise.reject(new Error('no'));
    await expect(gate.exclusive({ work, urgent: false, signal: NEVER })).rejects.toThrow('no');
    expect(gate.enter(NOTHING)).toBe(true);
  });
});
