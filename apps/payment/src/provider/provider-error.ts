/**
 * - `unreachable`: no connection came about (address, DNS, TLS)
 * - `access`: the provider, or what stands before it, refuses our access (401, 403, a wrong base path, a redirect)
 * - `throttled`: the provider asks for fewer calls (429), or names a time to come back
 * - `circuit_open`: calls failed in a row, so none is made for a while
 * - `timeout`, `connection`, `status`: this call had no usable answer
 * - `cancelled`: the caller stopped waiting
 */
export type ProviderUnavailableReason =
  'unreachable' | 'access' | 'throttled' | 'circuit_open' | 'timeout' | 'connection' | 'status' | 'cancelled';

/** True of every payment alike: another one would fail in the same way. */
const OF_EVERY_PAYMENT: ReadonlySet<ProviderUnavailableReason> = new Set([
  'unreachable',
  'access',
  'throttled',
  'circuit_open',
]);

const REMEDIES: Readonly<Partial<Record<ProviderUnavailableReason, string>>> = {
  access:
    'Every payment waits until it is granted: check the credentials, PAYMENT_PROVIDER_URL and what stands before the provider.',
  unreachable: 'Every payment waits: check PAYMENT_PROVIDER_URL, DNS, certificates and the network.',
  throttled: 'Every payment waits until the provider takes calls again.',
};

export interface UnavailableCall {
  route: string;
  idempotencyKey: string;
  reason: ProviderUnavailableReason;
  cause?: unknown;
  /** How long the provider asks us to stay away. */
  retryAfterMs?: number;
}

/**
 * No answer that settles the call: it may or may not have taken effect at the provider. Safe to repeat, because every
 * call carries the same idempotency key each time.
 */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  readonly code = 'PROVIDER_UNAVAILABLE';
  readonly route: string;
  readonly idempotencyKey: string;
  readonly reason: ProviderUnavailableReason;
  readonly retryAfterMs: number | undefined;

  constructor({ route, idempotencyKey, reason, cause, retryAfterMs }: UnavailableCall) {
    const detail = cause instanceof Error && cause.message !== '' ? `${reason}: ${cause.message}` : reason;
    const remedy = REMEDIES[reason] ?? 'The call is repeated with the same idempotency key.';
    super(`The payment provider did not answer ${route} (${detail}). ${remedy}`, { cause });
    this.route = route;
    this.idempotencyKey = idempotencyKey;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether it says nothing about this payment. */
  get concernsEveryPayment(): boolean {
    return OF_EVERY_PAYMENT.has(this.reason);
  }
}

/** The provider understood the call and will never accept it. Repeating it changes nothing. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';
  readonly code = 'PROVIDER_REFUSAL';

  constructor(route: string, status: number, reason: string) {
    super(
      `The payment provider refused ${route} with ${String(status)} (${reason}). Compare the request with the ` +
        "provider's documentation, fix this service, then redrive the message.",
    );
  }
}
