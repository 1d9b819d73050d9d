/** A longer wish is taken for this long: a mistaken header must not stop payments for days. */
const MAX_WAIT_MS = 300_000;

/** How long a Retry-After header (RFC 9110, section 10.2.3: seconds or a date) asks to wait; undefined for none or nonsense. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const waitMs = /^\d{1,15}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(waitMs, 0), MAX_WAIT_MS);
}
