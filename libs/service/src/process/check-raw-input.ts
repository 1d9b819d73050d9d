import type { FastifyRequest } from 'fastify';
import { type FieldError } from '../problem/problem.exception.ts';
import { invalidContent } from '../problem/validation.pipe.ts';

/**
 * Refuses what validation by class would not see, or would fail on:
 *
 * - fields that are called like members of `Object.prototype` (`constructor`, `toString`): class-transformer leaves them
 *   out before the whitelist sees them. No field of ours has such a name.
 * - half of a surrogate pair: validators throw on it (`encodeURI`), and it is stored as another character.
 */
export async function checkRawInput(request: FastifyRequest): Promise<void> {
  const errors = [...errorsIn(request.query, ''), ...errorsIn(request.body, '')];
  if (errors.length > 0) throw invalidContent(errors);
}

/** Nesting is limited by `refuseDeepBodies`, which runs before. */
function errorsIn(value: unknown, field: string): FieldError[] {
  if (typeof value === 'string') {
    return value.isWellFormed() ? [] : [{ field, message: 'must not hold half of a surrogate pair' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = field === '' ? name : `${field}.${name}`;
    return Object.hasOwn(Object.prototype, name)
      ? [{ field: path, message: 'is not a known field' }]
      : errorsIn(member, path);
  });
}
