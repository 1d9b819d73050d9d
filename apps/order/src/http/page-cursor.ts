import { invalidContent } from '@orderflow/service';
import { isUUID } from 'class-validator';
import { FIRST_PAGE, type PageStart } from '../store/order.store.ts';

/** Opaque to callers, so that what pages are ordered by can change. */
export function cursorAfter({ createdAt, orderId }: PageStart): string {
  return Buffer.from(`${createdAt} ${orderId}`).toString('base64url');
}

/** @throws Problem 422 naming `cursor` when it is none of ours */
export function pageStart(cursor: string | undefined): PageStart {
  if (cursor === undefined) return FIRST_PAGE;
  const [createdAt = '', orderId = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (isTimestamp(createdAt) && isUUID(orderId)) return { createdAt, orderId };
  throw invalidContent([{ field: 'cursor', message: 'must be the nextCursor of another page' }]);
}

/**
 * Only what `toISOString` writes of the years 1 to 9999: other forms could mean something else to the database, which
 * knows no year 0 and writes later years in another way.
 */
function isTimestamp(text: string): boolean {
  const time = new Date(text);
  if (!/^\d{4}-/.test(text) || text.startsWith('0000')) return false;
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}
