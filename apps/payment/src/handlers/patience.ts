import { PAYMENT_PROVIDER } from '../provider/provider-desk.ts';

/**
 * How the handlers that call the provider are retried. An outage uses up no attempts (see ProviderDesk); what is counted
 * are failures of one payment, whose charge is withdrawn after PAYMENT_GIVE_UP_MS. One attempt has time for every try of
 * one call.
 */
export const EXTERNAL = {
  kind: 'external',
  dependency: PAYMENT_PROVIDER,
  retry: { maxAttempts: 1_000, firstDelayMs: 200, maxDelayMs: 10_000 },
  timeoutMs: 60_000,
} as const;
