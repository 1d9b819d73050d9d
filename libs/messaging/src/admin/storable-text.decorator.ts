import { Matches } from 'class-validator';

/** What PostgreSQL can keep exactly: no NUL, and no half of a surrogate pair, which would be stored as another character. */
export function IsStorableText(): PropertyDecorator {
  return Matches(/^[^\0\p{Surrogate}]*$/u, {
    message: '$property must not hold NUL or half of a surrogate pair',
  });
}
