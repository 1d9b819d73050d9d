import http from 'node:http';
import https from 'node:https';
import { type ProviderAnswer, send } from './send-request.ts';
import { ProviderUnavailable, type ProviderUnavailableReason } from './provider-error.ts';
import { retryAfterMs } from './retry-after.ts';

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
 * Statuses by which the provider, or a proxy before it, refuses our access whatever the payment. A 404 may be about a
 * charge, so the client decides about that one.
 */
const ACCESS_STATUSES = new Set([401, 403, 405, 407, 410, 421, 426, 495, 496]);

/** What one payment waits for between two tries of an attempt. */
const MAX_OWN_WAIT_MS = 2_000;

/**
 * One POST to the provider, answered or failed within `timeoutMs`, over kept connections. A redirect is not followed:
 * it would lead money elsewhere, and turn the POST into a GET.
 *
 * @throws ProviderUnavailable when no answer settles the call; `cancelled` when `signal` ended it
 */
export class ProviderHttp {
  readonly #baseUrl: string;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;

  constructor(options: { baseUrl: string; timeoutMs: number }) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#timeoutMs = options.timeoutMs;
    // As many as the library runs external handlers at once.
    const kept = { keepAlive: true, maxFreeSockets: 64 };
    this.#agent = this.#baseUrl.startsWith('https:') ? new https.Agent(kept) : new http.Agent(kept);
  }

  async post(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
    const { route, idempotencyKey } = request;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const progress = { connected: false };
    const answer = await send(
      {
        url: `${this.#baseUrl}${route}`,
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(request.body),
        agent: this.#agent,
        signal: AbortSignal.any([signal, timeout]),
      },
      progress,
    ).catch((cause: unknown) => {
      const reason = reasonOf({ signal, timeout, connected: progress.connected });
      throw new ProviderUnavailable({ route, idempotencyKey, reason, cause });
    });
    const reason = refusalOf(answer.status);
    if (reason !== undefined) throw unavailable(request, answer, reason);
    return { status: answer.status, body: parseJson(answer.text) };
  }

  /** Ends the kept connections. */
  close(): void {
    this.#agent.destroy();
  }
}

function refusalOf(status: number): ProviderUnavailableReason | undefined {
  if ((status >= 300 && status < 400) || ACCESS_STATUSES.has(status)) return 'access';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'status' : undefined;
}

function unavailable(
  { route, idempotencyKey }: ProviderRequest,
  { status, headers }: ProviderAnswer,
  reason: ProviderUnavailableReason,
): ProviderUnavailable {
  const cause = new Error(`HTTP status ${String(status)}`);
  const waitMs = retryAfterMs(headers['retry-after'], Date.now());
  if (waitMs === undefined) return new ProviderUnavailable({ route, idempotencyKey, reason, cause });
  // A provider that will be away for longer is away for every payment; a moment is waited for by this one.
  const away = reason === 'status' && waitMs > MAX_OWN_WAIT_MS ? 'throttled' : reason;
  return new ProviderUnavailable({ route, idempotencyKey, reason: away, cause, retryAfterMs: waitMs });
}

function reasonOf(call: {
  signal: AbortSignal;
  timeout: AbortSignal;
  connected: boolean;
}): ProviderUnavailableReason {
  if (call.signal.aborted) return 'cancelled';
  if (!call.connected) return 'unreachable';
  return call.timeout.aborted ? 'timeout' : 'connection';
}

/** An unreadable body is no answer to go by; what the status means decides alone. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
