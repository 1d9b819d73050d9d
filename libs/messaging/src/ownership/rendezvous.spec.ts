import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partitionResource, RELAY_RESOURCE } from '../topology/resource.ts';
import { shareOut } from './rendezvous.ts';

const PARTITIONS = Array.from({ length: 16 }, (_, partition) => partitionResource(partition));
/** As `resolveOptions` makes them. */
const instance = fc
  .tuple(fc.constantFrom('order', 'payment'), fc.integer({ min: 0, max: 0xffff_ffff }))
  .map(([service, unique]) => `${service}-${unique.toString(16).padStart(8, '0')}`);
const members = (min: number, max: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(instance, { minLength: min, maxLength: max });

const ownersOf = (names: readonly string[], resources = PARTITIONS): (string | undefined)[] => {
  const owners = shareOut(resources, names);
  return resources.map((resource) => owners.get(resource));
};
const loadsOf = (names: readonly string[], resources = PARTITIONS): number[] => {
  const owners = ownersOf(names, resources);
  return names.map((name) => owners.filter((owner) => owner === name).length);
};
const resourcesUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => partitionResource(n));

describe('the shares', () => {
  it('give each resource one of the members, and none when there is no member', () => {
    fc.assert(
      fc.property(members(1, 5), (names) => ownersOf(names).every((owner) => names.includes(owner ?? ''))),
    );
    expect(shareOut(PARTITIONS, [])).toEqual(new Map());
  });

  it('do not depend on the order in which members or resources are listed', () => {
    fc.assert(
      fc.property(members(1, 5), (names) => {
        const turned = shareOut(PARTITIONS.toReversed(), names.toReversed());
        expect(PARTITIONS.map((resource) => turned.get(resource))).toEqual(ownersOf(names));
      }),
    );
  });

  it('are even: no member has two more than another', () => {
    fc.assert(
      fc.property(members(1, 20), fc.integer({ min: 1, max: 64 }), (names, count) => {
        const loads = loadsOf(names, resourcesUpTo(count));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(count);
      }),
    );
  });

  it.each([
    [16, 2],
    [16, 3],
    [64, 8],
    [256, 19],
  ])('of %d resources among %d members move little when one comes or goes', (count, present) => {
    const resources = resourcesUpTo(count);
    const groups = fc.sample(members(present + 1, present + 1), { numRuns: 20, seed: 7 });
    const moved = groups.map((names) => {
      const [before, after] = [ownersOf(names.slice(1), resources), ownersOf(names, resources)];
      return before.filter((owner, index) => owner !== after[index]).length;
    });
    // What the new member must get, and as much again for the sake of evenness.
    const mean = moved.reduce((sum, one) => sum + one, 0) / moved.length;
    expect(mean).toBeLessThan((2 * count) / (present + 1));
  });

  it('make each member the owner of the relay as often as the others', () => {
    const groups = fc.sample(members(2, 2), { numRuns: 1_000, seed: 7 });
    const first = groups.filter(
      (names) => shareOut([RELAY_RESOURCE], names).get(RELAY_RESOURCE) === names[0],
    );
    expect(Math.abs(first.length / groups.length - 0.5)).toBeLessThan(0.1);
  });

  it('make the owner of the relay independently of the partitions', () => {
    const groups = fc.sample(members(2, 2), { numRuns: 1_000, seed: 7 });
    const together = groups.filter(
      (names) => shareOut([RELAY_RESOURCE], names).get(RELAY_RESOURCE) === ownersOf(names)[0],
    );
    expect(Math.abs(together.length / groups.length - 0.5)).toBeLessThan(0.1);
  });
});
