export type ProviderUnavailableReason = 'timeout' | 'connection' | 'status' | 'circuit_open' | 'cancelled';

/**
 * No answer that settles the call: it may or may not have taken effect at the provider. Safe to repeat, because every
 * call carries the same idempotency key each time.
 */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  readonly code = 'PROVIDER_UNAVAILABLE';
  readonly reason: ProviderUnavailableReason;

  constructor(route: string, reason: ProviderUnavailableReason, cause?: unknown) {
    super(
      `The payment provider did not answer ${route} (${reason}). The message is tried again with the same idempotency ` +
        'key; if this goes on, check PAYMENT_PROVIDER_URL and the provider itself.',
      { cause },
    );
    this.reason = reason;
  }
}

/** The provider understood the call and will never accept it. Repeating it changes nothing. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';
  readonly code = 'PROVIDER_REFUSAL';

  constructor(route: string, status: number, reason: string) {
    super(
      `The payment provider refused ${route} with ${String(status)} (${reason}). Compare the request with the ` +
        "provider's documentation, mend this service, then redrive the message.",
    );
  }
}
