import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PaymentConfig } from '../config.ts';
import { ProviderRefusal, ProviderUnavailable } from './provider-error.ts';
import { ProviderHttp, type ProviderRequest, type ProviderResponse } from './provider-http.ts';
import { ProviderPolicy } from './provider-policy.ts';

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
export class PaymentProviderClient implements OnApplicationShutdown {
  readonly #http: ProviderHttp;
  readonly #policy: ProviderPolicy;

  constructor(config: PaymentConfig) {
    this.#http = new ProviderHttp({ baseUrl: config.providerUrl, timeoutMs: config.providerTimeoutMs });
    this.#policy = new ProviderPolicy({
      breakerThreshold: config.providerBreakerThreshold,
      breakerOpenMs: config.providerBreakerOpenMs,
    });
  }

  async charge(idempotencyKey: string, charge: ProviderCharge, signal: AbortSignal): Promise<ChargeAnswer> {
    const request = { route: '/charges', idempotencyKey, body: charge };
    const response = await this.#post(request, signal);
    const { status, body } = response;
    if (status === 402) return { status: 'declined', code: textOf(body, 'code') ?? '' };
    const chargeId = idOf(body, 'chargeId');
    if (isSuccess(status) && chargeId !== undefined) return { status: 'captured', chargeId };
    throw unexpected(request, response);
  }

  /** Makes sure that nothing is charged under this key from now on, or learns that it has been. */
  async cancelCharge(idempotencyKey: string, signal: AbortSignal): Promise<CancelAnswer> {
    const request = { route: '/charges/cancel', idempotencyKey, body: {} };
    const response = await this.#post(request, signal);
    const { status, body } = response;
    const outcome = isSuccess(status) ? textOf(body, 'status') : undefined;
    const chargeId = idOf(body, 'chargeId');
    if (outcome === 'cancelled') return { status: 'cancelled' };
    if (outcome === 'captured' && chargeId !== undefined) return { status: 'captured', chargeId };
    throw unexpected(request, response);
  }

  /** Gives the whole charge back. */
  async refund(idempotencyKey: string, chargeId: string, signal: AbortSignal): Promise<void> {
    const request = { route: '/refunds', idempotencyKey, body: { chargeId } };
    const response = await this.#post(request, signal);
    if (!isSuccess(response.status)) throw unexpected(request, response);
  }

  onApplicationShutdown(): void {
    this.#http.close();
  }

  #post(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
    const { route, idempotencyKey } = request;
    const make = (): Promise<ProviderResponse> => this.#http.post(request, signal);
    return this.#policy.run({ route, idempotencyKey, make }, signal);
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * What an answer means that is none of the expected ones. 408, 409 and a 2xx of the wrong form say nothing about the
 * charge, so they count as no answer. A 404 without the provider's own code comes from a wrong base path.
 */
function unexpected(
  { route, idempotencyKey }: ProviderRequest,
  { status, body }: ProviderResponse,
): ProviderRefusal | ProviderUnavailable {
  const code = textOf(body, 'code');
  const cause = new Error(`HTTP status ${String(status)} (${code ?? 'no code'})`);
  if (status === 404 && code === undefined)
    return new ProviderUnavailable({ route, idempotencyKey, reason: 'access', cause });
  return isSuccess(status) || status === 408 || status === 409
    ? new ProviderUnavailable({ route, idempotencyKey, reason: 'status', cause })
    : new ProviderRefusal(route, status, code ?? 'no code');
}

function fieldOf(answer: unknown, field: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, field) : undefined;
}

function textOf(answer: unknown, field: string): string | undefined {
  const value = fieldOf(answer, field);
  return typeof value === 'string' ? value : undefined;
}

/** Some providers count their charges. */
function idOf(answer: unknown, field: string): string | undefined {
  const value = fieldOf(answer, field);
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : textOf(answer, field);
}
