import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partitionResource, RELAY_RESOURCE } from '../topology/resource.ts';
import { preferredOwner } from './rendezvous.ts';

const PARTITIONS = Array.from({ length: 16 }, (_, partition) => partitionResource(partition));
/** As `resolveOptions` makes them. */
const instance = fc
  .tuple(fc.constantFrom('order', 'payment'), fc.integer({ min: 0, max: 0xffff_ffff }))
  .map(([service, unique]) => `${service}-${unique.toString(16).padStart(8, '0')}`);
const members = (min: number, max: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(instance, { minLength: min, maxLength: max });

const ownersOf = (names: readonly string[]): (string | undefined)[] =>
  PARTITIONS.map((resource) => preferredOwner(resource, names));

describe('the preferred owner', () => {
  it('is one of the members, and nobody when there is none', () => {
    fc.assert(
      fc.property(members(1, 5), (names) => ownersOf(names).every((owner) => names.includes(owner ?? ''))),
    );
    expect(preferredOwner('partition-00', [])).toBeUndefined();
  });

  it('does not depend on the order in which members are listed', () => {
    fc.assert(
      fc.property(members(1, 5), (names) => {
        expect(ownersOf(names.toReversed())).toEqual(ownersOf(names));
      }),
    );
  });

  it('stays the same when another member leaves', () => {
    fc.assert(
      fc.property(members(2, 5), (names) => {
        const [leaving = '', ...staying] = names;
        const [before, after] = [ownersOf(names), ownersOf(staying)];
        for (const [index, owner] of before.entries())
          if (owner !== leaving) expect(after[index]).toBe(owner);
      }),
    );
  });

  it('only changes to a member that joins', () => {
    fc.assert(
      fc.property(members(2, 5), (names) => {
        const [joining = '', ...there] = names;
        const [before, after] = [ownersOf(there), ownersOf(names)];
        for (const [index, owner] of after.entries())
          if (owner !== before[index]) expect(owner).toBe(joining);
      }),
    );
  });

  it.each([1, 2, 3, 4, 5])('shares 16 partitions evenly among %d members, on average', (count) => {
    const loads: number[] = [];
    const groups = fc.sample(members(count, count), { numRuns: 600, seed: 7 });
    for (const names of groups) loads.push(ownersOf(names).filter((owner) => owner === names[0]).length);
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    expect(Math.abs(mean - 16 / count)).toBeLessThan(0.4);
    // A member without any partition is rare, as for fair dice.
    const idle = loads.filter((load) => load === 0).length / loads.length;
    expect(idle).toBeLessThan((1 - 1 / count) ** 16 + 0.02);
  });

  it('is chosen for the relay independently of the partitions', () => {
    const groups = fc.sample(members(2, 2), { numRuns: 1_000, seed: 7 });
    const together = groups.filter(
      (names) => preferredOwner(RELAY_RESOURCE, names) === preferredOwner('partition-00', names),
    );
    expect(Math.abs(together.length / groups.length - 0.5)).toBeLessThan(0.1);
  });
});
