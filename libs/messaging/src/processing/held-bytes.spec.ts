import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from './held-bytes.ts';
import { INTAKE_LIMITS, pullMessagesFor } from '../intake/intake-limits.ts';

const MIB = 1_048_576;

describe('the bytes held', () => {
  it('reach the limit of a partition, which goes on at half of it', () => {
    const held = new HeldBytes();
    held.change(3, INTAKE_LIMITS.bytes);
    expect(held.reached(3)).toBeUndefined();
    held.change(3, 1);
    expect(held.reached(3)).toBe('partition');
    held.change(3, -1);
    expect(held.mayResume(3)).toBe(false);
    held.change(3, -INTAKE_LIMITS.bytes / 2);
    expect(held.mayResume(3)).toBe(true);
  });

  it('reach the limit of the process, and a partition that holds none may take something nevertheless', () => {
    const held = new HeldBytes();
    for (let partition = 0; partition < 16; partition++) held.change(partition, 5 * MIB);
    expect(held.reached(0)).toBe('process');
    expect(held.mayResume(0)).toBe(false);
    expect(held.reached(16)).toBeUndefined();
    expect(held.mayResume(16)).toBe(true);
    held.change(16, 1);
    expect(held.reached(16)).toBe('process');
  });

  it('are forgotten with their messages', () => {
    const held = new HeldBytes();
    held.change(1, 7);
    held.change(1, -7);
    expect(held.total).toBe(0);
  });
});

describe('messages asked for ahead', () => {
  it.each([
    [{ bytes: 0, messages: 0 }, 256],
    [{ bytes: 700_000, messages: 1_000 }, 256],
    [{ bytes: 100 * MIB, messages: 100 }, 4],
    [{ bytes: 80 * MIB, messages: 10 }, 1],
  ])('of a stream with %j are %d', (state, expected) => {
    expect(pullMessagesFor(state)).toBe(expected);
  });
});
