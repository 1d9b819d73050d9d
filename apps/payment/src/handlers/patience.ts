/**
 * How the handlers that call the provider are retried. Money waits for its provider: the attempts last for more than two
 * hours, so PAYMENT_GIVE_UP_MS (one hour at most) always comes before the dead letter when the provider answers at all.
 * One attempt has time for every try of one call.
 */
export const PATIENT = {
  retry: { maxAttempts: 1_000, firstDelayMs: 200, maxDelayMs: 10_000 },
  timeoutMs: 60_000,
} as const;
