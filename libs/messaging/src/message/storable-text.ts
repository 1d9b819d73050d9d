/**
 * Text that PostgreSQL takes as `text` and as `jsonb`: no NUL, no lone surrogates, and not too long. Ids, headers and
 * reasons come from outside, and one that the database refuses could never be settled.
 *
 * Every text that is shortened for the database or for a header goes through here: it is cut first, between two code points,
 * and made storable afterwards, because a cut can make it unstorable again.
 *
 * @param maxLength in UTF-16 units; the result is not longer
 */
export function storable(text: string, maxLength = 1_000): string {
  return cut(text, maxLength).toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The beginning of a text, without half of a surrogate pair at its end. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isFirstHalf ? maxLength - 1 : maxLength);
}
