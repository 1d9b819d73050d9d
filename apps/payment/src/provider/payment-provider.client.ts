import { Injectable } from '@nestjs/common';
import { PaymentConfig } from '../config.ts';
import { ProviderRefusal, ProviderUnavailable } from './provider-error.ts';
import { ProviderHttp, type ProviderRequest, type ProviderResponse } from './provider-http.ts';
import { createProviderPolicy, type ProviderPolicy } from './provider-policy.ts';

export interface ProviderCharge {
  /** Integer minor units. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  token: string;
}

export type ChargeAnswer = { status: 'captured'; chargeId: string } | { status: 'declined'; code: string };

/** `cancelled`: no charge of this key exists, and none ever will. */
export type CancelAnswer = { status: 'cancelled' } | { status: 'captured'; chargeId: string };

/**
 * The payment provider's API. Whatever is asked again with the same idempotency key is done once and answered the same,
 * which makes every call safe to repeat, here and by a later attempt in another process.
 *
 * @throws ProviderUnavailable when there is no answer (see there), ProviderRefusal when there will never be one
 */
@Injectable()
export class PaymentProviderClient {
  readonly #http: ProviderHttp;
  readonly #policy: ProviderPolicy;

  constructor(config: PaymentConfig) {
    this.#http = new ProviderHttp({ baseUrl: config.providerUrl, timeoutMs: config.providerTimeoutMs });
    this.#policy = createProviderPolicy({
      breakerThreshold: config.providerBreakerThreshold,
      breakerOpenMs: config.providerBreakerOpenMs,
    });
  }

  async charge(idempotencyKey: string, charge: ProviderCharge, signal: AbortSignal): Promise<ChargeAnswer> {
    const { status, body } = await this.#post({ route: '/charges', idempotencyKey, body: charge }, signal);
    if (status === 402) return { status: 'declined', code: textOf(body, 'code') ?? '' };
    const chargeId = textOf(body, 'chargeId');
    if (isSuccess(status) && chargeId !== undefined) return { status: 'captured', chargeId };
    throw unexpected('/charges', status, body);
  }

  /** Makes sure that nothing is charged under this key from now on, or learns that it has been. */
  async cancelCharge(idempotencyKey: string, signal: AbortSignal): Promise<CancelAnswer> {
    const { status, body } = await this.#post({ route: '/charges/cancel', idempotencyKey, body: {} }, signal);
    const outcome = isSuccess(status) ? textOf(body, 'status') : undefined;
    const chargeId = textOf(body, 'chargeId');
    if (outcome === 'cancelled') return { status: 'cancelled' };
    if (outcome === 'captured' && chargeId !== undefined) return { status: 'captured', chargeId };
    throw unexpected('/charges/cancel', status, body);
  }

  /** Gives the whole charge back. */
  async refund(idempotencyKey: string, chargeId: string, signal: AbortSignal): Promise<void> {
    const { status, body } = await this.#post(
      { route: '/refunds', idempotencyKey, body: { chargeId } },
      signal,
    );
    if (!isSuccess(status)) throw unexpected('/refunds', status, body);
  }

  #post(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
    return this.#policy.run(request.route, () => this.#http.post(request, signal), signal);
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** 408, 409 and a 2xx of the wrong form say nothing about the charge, so they count as no answer. */
function unexpected(route: string, status: number, answer: unknown): ProviderRefusal | ProviderUnavailable {
  const reason = textOf(answer, 'code') ?? 'no code';
  return isSuccess(status) || status === 408 || status === 409
    ? new ProviderUnavailable(route, 'status', new Error(`HTTP status ${String(status)} (${reason})`))
    : new ProviderRefusal(route, status, reason);
}

function textOf(answer: unknown, field: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const value: unknown = Reflect.get(answer, field);
  return typeof value === 'string' ? value : undefined;
}
