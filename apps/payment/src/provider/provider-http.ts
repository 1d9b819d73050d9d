import { ProviderUnavailable } from './provider-error.ts';

export interface ProviderRequest {
  route: string;
  idempotencyKey: string;
  body: object;
}

export interface ProviderResponse {
  status: number;
  /** The parsed JSON, `undefined` when the body is none. */
  body: unknown;
}

/**
 * One POST to the provider, answered or failed within `timeoutMs`.
 *
 * @throws ProviderUnavailable for a time-out, a broken connection, 429 and 5xx; `cancelled` when `signal` ended the call
 */
export class ProviderHttp {
  readonly #baseUrl: string;
  readonly #timeoutMs: number;

  constructor(options: { baseUrl: string; timeoutMs: number }) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#timeoutMs = options.timeoutMs;
  }

  async post(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const response = await this.#send(request, AbortSignal.any([signal, timeout])).catch((cause: unknown) => {
      throw new ProviderUnavailable(request.route, reasonOf(signal, timeout), cause);
    });
    if (response.status === 429 || response.status >= 500) {
      throw new ProviderUnavailable(
        request.route,
        'status',
        new Error(`HTTP status ${String(response.status)}`),
      );
    }
    return response;
  }

  async #send(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
    const response = await fetch(`${this.#baseUrl}${request.route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': request.idempotencyKey },
      body: JSON.stringify(request.body),
      signal,
    });
    // The deadline covers the body as well: a server that sends headers and then hangs must not hold the lane.
    return { status: response.status, body: parseJson(await response.text()) };
  }
}

function reasonOf(signal: AbortSignal, timeout: AbortSignal): 'cancelled' | 'timeout' | 'connection' {
  if (signal.aborted) return 'cancelled';
  return timeout.aborted ? 'timeout' : 'connection';
}

/** An unreadable body is no answer to go by; what the status means decides alone. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
