import { describe, expect, it } from '@jest/globals';
import { RemoteService } from './remote-service.ts';

describe('RemoteService', () => {
  it.each([
    { connections: 1, atLeastMs: 30 },
    { connections: 3, atLeastMs: 10 },
  ])('lets three calls of 10 ms take $atLeastMs ms through $connections connections', async (one) => {
    const remote = new RemoteService({ callMs: 10, connections: one.connections });
    const beganAt = performance.now();
    await Promise.all([remote.call(), remote.call(), remote.call()]);
    // Node rounds timers to whole milliseconds, up or down.
    expect(performance.now() - beganAt).toBeGreaterThan(one.atLeastMs - one.connections - 2);
  });

  it('gives a connection to each caller in turn', async () => {
    const remote = new RemoteService({ callMs: 1, connections: 1 });
    const order: number[] = [];
    await Promise.all([1, 2, 3].map(async (n) => remote.call().then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });
});
