export interface IdempotentRequest {
  /** What the key is unique within: the route and, where keys are the caller's own, the caller. No secrets. */
  scope: string;
  /** Without a key the work is simply done. */
  key: string | undefined;
  /** `bodyHash(body)` of the request. */
  bodyHash: string;
}

export interface HttpAnswer<Body> {
  /** Only 2xx is kept. Throw refusals, so that the transaction leaves nothing behind. */
  status: number;
  body: Body;
}
