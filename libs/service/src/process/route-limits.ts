import type { FastifyInstance } from 'fastify';

export const BODY_LIMIT_BYTES = 256 * 1024;

/**
 * Routes that take more than the default, by their path as declared. A message's new body is at most 1,000,000 bytes;
 * JSON may write six bytes for one of them, and names who changes it and why.
 */
const LARGER_BODIES: ReadonlyMap<string, number> = new Map([['/messaging/dead-letters/:id/body', 6_100_000]]);

/** The longest value in a path is a key of 128 characters, each up to four bytes in percent-encoding. */
export const MAX_PARAM_LENGTH = 2_048;

/** Before the routes are declared: the hook holds for those that come after it. */
export function allowLargerBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const bytes = LARGER_BODIES.get(route.url);
    if (bytes !== undefined) route.bodyLimit = bytes;
  });
}
