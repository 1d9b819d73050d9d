import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fifo } from './fifo.ts';

interface Item {
  readonly n: number;
}

type Step = 'push' | 'shift' | 'takeAll';

/** What an array answers. */
function onArray(array: Item[], step: Step, item: Item): unknown {
  if (step === 'push') array.push(item);
  return step === 'shift' ? array.shift() : step === 'takeAll' ? array.splice(0) : undefined;
}

function onQueue(queue: Fifo<Item>, step: Step, item: Item): unknown {
  if (step === 'push') queue.push(item);
  return step === 'shift' ? queue.shift() : step === 'takeAll' ? queue.takeAll() : undefined;
}

describe('a queue', () => {
  it('gives what an array would give', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant<Step>('push') },
      { weight: 5, arbitrary: fc.constant<Step>('shift') },
      { weight: 1, arbitrary: fc.constant<Step>('takeAll') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [queue, array] = [new Fifo<Item>(), [] as Item[]];
        for (const [n, what] of steps.entries()) {
          expect(onQueue(queue, what, { n })).toEqual(onArray(array, what, { n }));
        }
        expect(queue.takeAll()).toEqual(array);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the order of a hundred thousand', () => {
    const queue = new Fifo<Item>();
    for (let n = 0; n < 100_000; n++) queue.push({ n });
    for (let n = 0; n < 100_000; n++) if (queue.shift()?.n !== n) throw new Error(`not ${n}`);
    expect(queue.shift()).toBeUndefined();
  });
});
