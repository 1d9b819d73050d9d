import { Env, ServiceConfig } from '@orderflow/service';
import { IsInt, Max, Min } from 'class-validator';

const DEFAULT_PAYMENT_TIMEOUT_MS = 15 * 60 * 1_000;
const ONE_WEEK_MS = 7 * 24 * 60 * 60 * 1_000;

export class OrderConfig extends ServiceConfig {
  /** How long a reserved order waits for its payment before it is cancelled. */
  @Env('PAYMENT_TIMEOUT_MS', { default: DEFAULT_PAYMENT_TIMEOUT_MS })
  @IsInt()
  @Min(1)
  @Max(ONE_WEEK_MS)
  paymentTimeoutMs!: number;
}
