import { beforeEach, describe, expect, it } from '@jest/globals';
import { StreamHealth } from './stream-health.ts';

let health: StreamHealth;

beforeEach(() => {
  health = new StreamHealth();
});

/** Looks into the doubts that are there, and finds nothing. */
function settle(): void {
  health.endSettling(health.beginSettling().doubt);
  health.recover();
}

describe('a stream', () => {
  it('is in doubt until that is settled once', () => {
    expect([health.state, health.settled]).toEqual(['in doubt', false]);
    expect(health.beginSettling().isFirst).toBe(true);
    settle();
    expect([health.state, health.settled]).toEqual(['healthy', true]);
    expect(health.beginSettling().isFirst).toBe(false);
  });

  it('stays in doubt when another doubt comes up while one is settled', () => {
    const { doubt } = health.beginSettling();
    health.raiseDoubt();
    health.endSettling(doubt);
    expect(health.settled).toBe(false);
    settle();
    expect(health.settled).toBe(true);
  });

  it('is paused once for all refusals of what was under way', () => {
    settle();
    expect([health.pause(), health.pause()]).toEqual([true, false]);
    expect([health.state, health.mayProbe]).toEqual(['paused', false]);
    health.recover();
    expect([health.pause(), health.state]).toEqual([true, 'paused']);
  });

  it('stays behind, whatever is interrupted, until it is looked into', () => {
    health.fallBehind();
    health.interrupt();
    expect(health.state).toBe('behind');
    health.beginSettling();
    expect(health.state).toBe('in doubt');
  });
});
