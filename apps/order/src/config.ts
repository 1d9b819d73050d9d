import { Env, ServiceConfig } from '@orderflow/service';
import { IsInt, Max, Min } from 'class-validator';

const FIFTEEN_MINUTES_MS = 15 * 60 * 1_000;
const ONE_WEEK_MS = 7 * 24 * 60 * 60 * 1_000;

export class OrderConfig extends ServiceConfig {
  /** How long a new order waits for inventory's answer before it is cancelled. */
  @Env('STOCK_TIMEOUT_MS', { default: FIFTEEN_MINUTES_MS })
  @IsInt()
  @Min(1)
  @Max(ONE_WEEK_MS)
  stockTimeoutMs!: number;

  /** How long a reserved order waits for its payment before it is cancelled. */
  @Env('PAYMENT_TIMEOUT_MS', { default: FIFTEEN_MINUTES_MS })
  @IsInt()
  @Min(1)
  @Max(ONE_WEEK_MS)
  paymentTimeoutMs!: number;
}
