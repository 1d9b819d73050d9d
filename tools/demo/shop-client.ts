import { randomUUID } from 'node:crypto';

export interface OrderRequest {
  userId: string;
  email: string;
  currency: string;
  paymentToken: string;
  lines: readonly { sku: string; quantity: number }[];
}

export interface Answer<Body> {
  status: number;
  /** Of a problem: what RFC 9457 says. */
  body: Body & { detail?: string; errors?: { field: string; message: string }[] };
}

export interface PlacedOrder {
  orderId: string;
  userId: string;
  status: string;
  cancelReason?: string;
}

interface Stock {
  onHand: number;
}

interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

const answerDeadlineMs = 15_000;

/** What a shop's front end would call: the HTTP of the services. */
export class ShopClient {
  readonly #urls: { order: string; inventory: string };

  constructor(urls: { order: string; inventory: string }) {
    this.#urls = urls;
  }

  place(order: OrderRequest, idempotencyKey?: string): Promise<Answer<PlacedOrder>> {
    const headers: Record<string, string> =
      idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return call(`${this.#urls.order}/orders`, { method: 'POST', body: order, headers });
  }

  order(orderId: string): Promise<Answer<PlacedOrder>> {
    return call(`${this.#urls.order}/orders/${orderId}`);
  }

  cancel(orderId: string): Promise<Answer<PlacedOrder>> {
    return call(`${this.#urls.order}/orders/${orderId}/cancel`, { method: 'POST' });
  }

  /** 0 of what was never received. */
  async onHand(sku: string): Promise<number> {
    const { status, body } = await call<Stock>(`${this.#urls.inventory}/stock/${sku}`);
    return status === 404 ? 0 : body.onHand;
  }

  async receive(sku: string, quantity: number): Promise<void> {
    const receipt = { receiptId: randomUUID(), quantity };
    const url = `${this.#urls.inventory}/stock/${sku}/receipts`;
    const { status, body } = await call<Stock>(url, { method: 'PUT', body: receipt });
    if (status !== 200) throw new Error(`PUT ${url} answered ${status}: ${body.detail ?? ''}`);
  }
}

async function call<Body>(
  url: string,
  { method = 'GET', body, headers = {} }: Call = {},
): Promise<Answer<Body>> {
  const sent =
    body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' } };
  const response = await fetch(url, {
    method,
    ...sent,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(answerDeadlineMs),
  });
  const text = await response.text();
  const answer: unknown = text === '' ? {} : JSON.parse(text);
  if (!isBody<Body>(answer)) throw new Error(`${method} ${url} answered no JSON object`);
  return { status: response.status, body: answer };
}

/** What is in it is for the service's OpenAPI to say; a caller here reads fields that the status promises. */
function isBody<Body>(value: unknown): value is Answer<Body>['body'] {
  return typeof value === 'object' && value !== null;
}
