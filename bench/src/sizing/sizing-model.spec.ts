import { describe, expect, it } from '@jest/globals';
import { type Measured, sizeFor } from './sizing-model.ts';

const measured: Measured = {
  published: 90_000,
  consumed: 100_000,
  plainEffects: 5_000,
  batchEffects: 20_000,
  relayed: 20_000,
};
const target = (peakPerSecond: number) => ({ name: 't', peakPerSecond, perDay: peakPerSecond * 86_400 });

describe('sizing', () => {
  it('needs a cluster of three however little there is to do', () => {
    expect(sizeFor(target(10), measured)).toMatchObject({
      brokers: 3,
      plainMachines: 1,
      batchMachines: 1,
      outboxes: 1,
      partitions: 16,
    });
  });

  it('counts each copy as a write and each subscriber as a read, at half of what a machine carries', () => {
    // 100,000 * (3 / 90,000 + 2 / 100,000) / 0.5
    expect(sizeFor(target(100_000), measured).brokers).toBe(11);
    expect(sizeFor(target(100_000), measured)).toMatchObject({
      plainMachines: 40,
      batchMachines: 10,
      outboxes: 10,
    });
  });

  it('has a partition for each instance', () => {
    expect(sizeFor(target(100_000), measured).partitions).toBe(64);
  });

  it('grows in step with the rate once the least is passed', () => {
    const [small, large] = [sizeFor(target(1_000_000), measured), sizeFor(target(2_000_000), measured)];
    expect(large.brokers / small.brokers).toBeCloseTo(2, 1);
    expect(large.diskPerBrokerGb).toBeCloseTo(small.diskPerBrokerGb, -2);
  });
});
