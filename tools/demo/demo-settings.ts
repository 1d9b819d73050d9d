import type { StackOptions } from '../stack/stack-options.ts';

/** How long a reserved order waits for its payment here. Long enough for every order but the one that is never paid. */
const paymentTimeoutMs = 8_000;

/** Time-outs of minutes, made short enough to watch. */
export const demoEnvironment: NonNullable<StackOptions['environment']> = {
  order: { PAYMENT_TIMEOUT_MS: String(paymentTimeoutMs) },
  payment: {
    PROVIDER_TIMEOUT_MS: '700',
    // After the order's time-out, so that the order is cancelled as timed out and not as declined.
    PAYMENT_GIVE_UP_MS: String(paymentTimeoutMs + 1_000),
  },
};

/** For everything from the first order to the last e-mail. */
export const settleDeadlineMs = 40_000;
