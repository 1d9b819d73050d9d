/**
 * Text that PostgreSQL takes as `text` and as `jsonb`: no NUL, no lone surrogates, and not too long. Ids, headers and
 * reasons come from outside, and one that the database refuses could never be settled.
 */
export function storable(text: string, maxLength = 1_000): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, maxLength);
}
