import type { JsMsg } from '@nats-io/jetstream';
import type { SettleableDelivery } from './settleable-delivery.ts';

/**
 * The deliveries between two starts of an intake. The broker finds the message of an acknowledgement by its sequence
 * alone: in a stream that was made anew, or put back to an older moment, that is another message. What an earlier start
 * delivered is therefore never answered: it is delivered again, and recognised by the inbox.
 */
export class DeliveryGeneration {
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
  }
}

/** A delivery that answers only as long as its generation lasts. */
export class LiveDelivery implements SettleableDelivery {
  readonly data: Uint8Array;
  readonly headers: SettleableDelivery['headers'];
  readonly time: Date;
  readonly #delivery: SettleableDelivery;
  readonly #generation: DeliveryGeneration;

  constructor(delivery: SettleableDelivery, generation: DeliveryGeneration) {
    this.data = delivery.data;
    this.headers = delivery.headers;
    this.time = delivery.time;
    this.#delivery = delivery;
    this.#generation = generation;
  }

  ack(): void {
    if (!this.#generation.ended) this.#delivery.ack();
  }

  nak(millis?: number): void {
    if (!this.#generation.ended) this.#delivery.nak(millis);
  }

  working(): void {
    if (!this.#generation.ended) this.#delivery.working();
  }
}

/** Notices that a stream is no longer the one whose messages were delivered, for a consumer that is not reset. */
export class StreamIncarnation {
  #created: string | undefined;
  #highest = 0;

  delivered({ seq }: Pick<JsMsg, 'seq'>): void {
    this.#highest = Math.max(this.#highest, seq);
  }

  /** Returns whether it is another one than when this was last asked: made anew, or put back to an older moment. */
  changed({ created, last }: { created: string; last: number }): boolean {
    const isOther = this.#created !== undefined && (this.#created !== created || last < this.#highest);
    this.#created = created;
    if (isOther) this.#highest = 0;
    return isOther;
  }
}
