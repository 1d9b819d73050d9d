import type { FastifyRequest } from 'fastify';
import { invalidContent } from '../problem/validation.pipe.ts';

const MAX_DEPTH = 32;

/**
 * A body of 256 KiB can nest a hundred thousand levels deep, and validation walks it recursively: that would end in a
 * stack overflow and a 500. Refused before, level by level and without recursion.
 */
export async function refuseDeepBodies(request: FastifyRequest): Promise<void> {
  let level = [request.body].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) {
      throw invalidContent([
        { field: 'body', message: `must not nest deeper than ${String(MAX_DEPTH)} levels` },
      ]);
    }
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
