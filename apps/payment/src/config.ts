import { Env, ServiceConfig } from '@orderflow/service';
import { IsInt, Matches, Max, Min } from 'class-validator';

const FIFTEEN_MINUTES_MS = 900_000;

/** What the payment service reads from the environment besides what every service reads. */
export class PaymentConfig extends ServiceConfig {
  @Env('PAYMENT_PROVIDER_URL')
  @Matches(/^https?:\/\/\S+$/, { message: 'must be http://host:port or https://host' })
  providerUrl!: string;

  /** One call to the provider, from the connection to the last byte of the answer. */
  @Env('PROVIDER_TIMEOUT_MS', { default: 2_000 })
  @IsInt()
  @Min(50)
  @Max(15_000)
  providerTimeoutMs!: number;

  /** Failures in a row. More than one order's tries: a card that never answers must not cut off everybody else. */
  @Env('PROVIDER_BREAKER_THRESHOLD', { default: 10 })
  @IsInt()
  @Min(1)
  @Max(1_000)
  providerBreakerThreshold!: number;

  /** How long no call is made then, before one is let through to probe. */
  @Env('PROVIDER_BREAKER_OPEN_MS', { default: 2_000 })
  @IsInt()
  @Min(50)
  @Max(60_000)
  providerBreakerOpenMs!: number;

  /**
   * How long after order.reserved a charge is still tried. Then the provider is told to cancel it and the payment is
   * declined. Longer than the order service's PAYMENT_TIMEOUT_MS where the order should be cancelled as timed out.
   */
  @Env('PAYMENT_GIVE_UP_MS', { default: FIFTEEN_MINUTES_MS })
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  paymentGiveUpMs!: number;
}
