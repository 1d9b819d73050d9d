import { Injectable } from '@nestjs/common';

/** Stands in for a courier's API. */
@Injectable()
export class CourierClient {
  readonly routes = new Map<string, string>();

  async book(parcelId: string, idempotencyKey: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const route = this.routes.get(idempotencyKey) ?? `R-${parcelId.length}`;
    this.routes.set(idempotencyKey, route);
    return await Promise.resolve(route);
  }
}
