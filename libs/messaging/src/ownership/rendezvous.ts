import { fnv1a32 } from '../topology/partition.ts';

/**
 * Which member should own a resource: the one with the highest hash of the pair (highest random weight hashing,
 * Thaler and Ravishankar 1998). When a member comes or goes only the resources it wins or held move.
 */
export function preferredOwner(resource: string, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestWeight = -1;
  for (const member of [...members].sort()) {
    const weight = mix(fnv1a32(`${member}|${resource}`));
    if (weight > bestWeight) {
      best = member;
      bestWeight = weight;
    }
  }
  return best;
}

// FNV-1a leaves names that differ only at the end close together; this is the finalizer of MurmurHash3.
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
