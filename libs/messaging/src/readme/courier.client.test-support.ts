import { Injectable } from '@nestjs/common';

export class CourierAway extends Error {}

/** Stands in for a courier's API. */
@Injectable()
export class CourierClient {
  readonly routes = new Map<string, string>();
  away = false;

  async book(parcelId: string, idempotencyKey: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.away) throw new CourierAway('The courier does not answer.');
    const route = this.routes.get(idempotencyKey) ?? `R-${parcelId.length}`;
    this.routes.set(idempotencyKey, route);
    return await Promise.resolve(route);
  }
}
